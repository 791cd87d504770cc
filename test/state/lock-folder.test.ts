import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { lockFolder } from '../../src/state/index.ts';

const module = new URL('../../src/state/lock-folder.ts', import.meta.url).href;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tagalong-lock-'));
  return () => rm(folder, { recursive: true, force: true });
});

test('a folder is locked once, and free again afterwards', async () => {
  const lock = await lockFolder(folder);
  expect(await lockFolder(folder)).toBeNull();
  lock?.[Symbol.dispose]();
  const again = await lockFolder(folder);
  expect(again).not.toBeNull();
  again?.[Symbol.dispose]();
});

test('another process keeps it until it ends, also when it is killed', async () => {
  const program = `const { lockFolder } = await import(${JSON.stringify(module)}); globalThis.lock = await lockFolder(process.argv[1]);
    console.log(globalThis.lock === null ? 'taken' : 'locked'); setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', program, folder], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(other, 'exit');
  const [said] = (await once(other.stdout, 'data')) as [Buffer];
  expect(said.toString().trim()).toBe('locked');
  expect(await lockFolder(folder)).toBeNull();
  other.kill('SIGKILL');
  await ended;
  const lock = await lockFolder(folder);
  expect(lock).not.toBeNull();
  lock?.[Symbol.dispose]();
});
