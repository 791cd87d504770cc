import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const main = new URL('../../src/main.ts', import.meta.url).pathname;

test('a demo that is ended in the middle of a scene says so and leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-interrupted-'));
  try {
    const demo = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'demo'], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(demo, 'exit');
    let told = '';
    const hear = (chunk: Buffer) => {
      told += chunk.toString();
      // npm passes the terminal's signal on, so that it comes twice; here it comes with every line.
      if (told.includes('pushed image')) demo.kill('SIGINT');
    };
    demo.stdout.on('data', hear);
    demo.stderr.on('data', hear);
    expect(await ended).toEqual([1, null]);
    expect(told).toMatch(/ended by SIGINT; everything is removed\n$/);
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
