import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createFixture, headOf, mirrorFolder, newCommit } from './fixture.ts';

test('what nobody but us pushes is packed too: no fetch ever brings anything', { timeout: 180_000 }, async () => {
  await using fixture = await createFixture();
  const mirror = await fixture.mirror();
  await mirror.fetch();
  const folder = await mirrorFolder(fixture.state);
  let head = await headOf(mirror);
  for (let pushes = 0; pushes < 52; pushes += 1) {
    const commit = await mirror.writeCommit(newCommit(head, { 'README.md': `${pushes}` }));
    await mirror.push('main', commit, head);
    head = commit;
  }
  const count = () => execFileSync('git', ['-C', folder, 'count-objects', '-v']).toString();
  await expect.poll(count, { timeout: 60_000 }).toMatch(/^packs: [1-9]/m);
  expect((await mirror.entry(head, 'README.md'))?.type).toBe('blob');
});
