import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runInProcess } from '../cli/support/run-tagalong.ts';

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const sections = [...page.matchAll(/^## (\S+)$/gm)].map(([, name]) => name ?? '');

/** The names in the list of commands that `--help` prints. */
async function commands(): Promise<string[]> {
  const { stdout } = await runInProcess(['--help']);
  const list = stdout.slice(stdout.indexOf('\nCommands:\n'), stdout.indexOf('\nExit codes:'));
  return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name ?? '');
}

test('every command has a section, and every section a command', async () => {
  const names = await commands();
  expect(names).toContain('get');
  expect(sections.toSorted()).toEqual(names.toSorted());
});

test('every example on the page is understood', async () => {
  const examples = [...page.matchAll(/^tagalong (.*)$/gm)].map(([, line]) => line ?? '');
  expect(examples.length).toBeGreaterThan(10);
  for (const example of examples) {
    const words = (example.replace(/ > .*$/, '').match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
    const { code, stderr } = await runInProcess([...words, '--help']);
    expect({ example, code, stderr }).toEqual({ example, code: 0, stderr: '' });
  }
});
