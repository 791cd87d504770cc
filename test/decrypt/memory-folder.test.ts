import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMemoryFolder, removeDecryptedLeftovers } from '../../src/decrypt/index.ts';

const hasMemory = existsSync('/dev/shm');

describe.skipIf(!hasMemory)('a folder in memory', () => {
  test('is for this user alone, and gone afterwards', async () => {
    let path = '';
    {
      await using folder = await createMemoryFolder();
      path = await folder.put(Buffer.from('secret'));
      expect(readFileSync(path, 'utf8')).toBe('secret');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    }
    expect(existsSync(dirname(path))).toBe(false);
  });

  test('a process that was killed leaves nothing that the next one does not remove', async () => {
    const program = `import { createMemoryFolder } from '${new URL('../../src/decrypt/index.ts', import.meta.url).href}';
      const folder = await createMemoryFolder();
      console.log(await folder.put(Buffer.from('secret')));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const left = dirname(line.toString().trim());
    await removeDecryptedLeftovers();
    expect(existsSync(left)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await removeDecryptedLeftovers();
    expect(existsSync(left)).toBe(false);
  });

  test('several at once do not take each other away', async () => {
    await using first = await createMemoryFolder();
    const path = await first.put(Buffer.from('secret'));
    await using second = await createMemoryFolder();
    await second.put(Buffer.from('other'));
    expect(readFileSync(path, 'utf8')).toBe('secret');
  });
});

test('on a machine without one it is said, and nothing is written elsewhere', async () => {
  const folder = new URL('.', import.meta.url).pathname;
  const before = readdirSync(folder);
  await expect(createMemoryFolder(['/nowhere', '/proc'])).rejects.toMatchObject({
    code: 'NO_MEMORY_FOLDER',
    message: expect.stringContaining('none of /nowhere, /proc is a folder in memory that can be written; mount one at /dev/shm'),
  });
  expect(readdirSync(folder)).toEqual(before);
});
