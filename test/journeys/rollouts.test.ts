import { expect, test } from 'vitest';
import { startRolloutLoop } from './support/rollout-loop.ts';

test('a bump is followed from the commit to health', async () => {
  await using loop = await startRolloutLoop();
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  const rollout = await loop.phase('web', '1.1.0', 'Healthy');
  expect(rollout.status?.phases?.map(({ phase }) => phase)).toEqual(['Selected', 'Committed', 'Fetched', 'Applied', 'Healthy']);
  expect(rollout.metadata.finalizers).toBeUndefined();
});

test('a tag that the registry lacks is taken back, held, and the next tag passes', async () => {
  await using loop = await startRolloutLoop();
  await loop.settles();
  loop.broken.set(':1.1.0', 'missing');
  await loop.pushTag('web', '1.1.0');
  const rollout = await loop.phase('web', '1.1.0', 'RolledBack');
  expect(rollout.status?.undo).toMatchObject({ decision: 'Done' });
  await loop.runs('web', '1.0.0');
  await loop.pushTag('web', '1.2.0');
  await loop.phase('web', '1.2.0', 'Healthy');
});
