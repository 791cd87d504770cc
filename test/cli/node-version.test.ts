import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from './support/run-tagalong.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Preloaded: this Node takes itself for another one. */
const asNode = (version: string) =>
  `data:text/javascript,Object.defineProperties(process, { version: { value: 'v${version}' }, versions: { value: { node: '${version}' } } })`;

/** The entry as it is installed, in front of a program that no Node can parse. */
async function startInstalled(folder: string, version: string): Promise<{ code: number; stderr: string }> {
  const text = stripTypeScriptTypes(await readFile(main, 'utf8')).replaceAll('.ts', '.js');
  await mkdir(join(folder, 'cli'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'main.js'), text);
  await writeFile(join(folder, 'cli/index.js'), 'export { of a later language');
  const args = ['--import', asNode(version), join(folder, 'main.js'), '--version'];
  return promisify(execFile)(process.execPath, args).then(
    () => ({ code: 0, stderr: '' }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );
}

test.for(['20.20.2', '22.9.0', '23.11.1'])(
  'Node %s is told what is needed, in one line, before anything else is read',
  async (version) => {
    await using folder = await temporaryFolder();
    expect(await startInstalled(folder.path, version)).toEqual({
      code: 1,
      stderr: `✗ tagalong needs Node 24 or newer; ${process.execPath} is v${version}. See https://nodejs.org\n`,
    });
  },
);

test('a Node that is new enough goes on', async () => {
  await using folder = await temporaryFolder();
  expect((await startInstalled(folder.path, '24.0.0')).stderr).toContain('export { of a later language');
});
