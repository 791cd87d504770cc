import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const execute = promisify(execFile);

/** What differs from run to run: times, ports, object ids, and the padding that hangs on their lengths. */
function mask(text: string): string {
  return text
    .replaceAll(/\d+\.\d\d s/g, 'TIME')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(/\b[0-9a-f]{7}\b/g, 'COMMIT')
    .split('\n')
    .map((line) => line.replaceAll(/ {2,}/g, '  ').trimEnd())
    .join('\n')
    .trim();
}

function quotedDemo(): string {
  const readme = readFileSync('README.md', 'utf8');
  return /<!-- demo output[^\n]*-->\n```\n([\s\S]*?)```\n<!-- end of demo output -->/.exec(readme)?.[1] ?? '';
}

test('the demo plays its seven scenes and prints what the README quotes', async () => {
  const { stdout } = await execute(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts', 'demo']);
  expect(mask(stdout)).toBe(mask(quotedDemo()));
});
