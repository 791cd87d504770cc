import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type AppProcess, startAppProcess } from './support/app-process.ts';
import { requestedAtPatch } from './support/resources.ts';
import { type RolloutLoop, startRolloutLoop } from './support/rollout-loop.ts';

/** Steps of a bump that fails; the bot is killed as soon as each can be seen. */
const moments: readonly { readonly when: string; isSeen(loop: RolloutLoop): Promise<boolean> }[] = [
  { when: 'the commit is on the branch', isSeen: async ({ main }) => (await main.commits()).length > 1 },
  { when: 'the rollout is recorded', isSeen: async (loop) => (await loop.rollouts()).length > 0 },
  { when: 'it is applied', isSeen: (loop) => isIn(loop, 'Applied') },
  { when: 'it has failed', isSeen: (loop) => isIn(loop, 'Failed') },
  { when: 'it is being taken back', isSeen: async (loop) => (await loop.rollouts())[0]?.status?.undo?.decision === 'Pending' },
  { when: 'the inverse commit is on the branch', isSeen: async ({ main }) => (await main.commits()).length > 2 },
  { when: 'it was taken back', isSeen: (loop) => isIn(loop, 'RolledBack') },
];

async function isIn(loop: RolloutLoop, phase: string): Promise<boolean> {
  const all = await loop.rollouts();
  return all[0]?.status?.phases?.some((entry) => entry.phase === phase) === true;
}

test.for(moments)('killed when $when, the bot takes a bad bump back exactly once', async ({ isSeen }) => {
  await using loop = await startRolloutLoop({ asleep: true, broken: new Map([['web:1.1.0', 'missing']]) });
  let bot: AppProcess = await startAppProcess(loop);
  try {
    await bot.started;
    await loop.serves('web', '1.0.0');
    await loop.ready('ImageUpdateAutomation', 'fleet');
    await loop.registry.pushTag('web', '1.1.0');
    await loop.patch('ImageRepository', 'web', requestedAtPatch('bad'));
    while (!(await isSeen(loop))) await sleep(1);
    await bot.end('SIGKILL');
    bot = await startAppProcess(loop);
    await loop.phase('web', '1.1.0', 'RolledBack');
    await loop.serves('web', '1.0.0');
    await loop.until(
      'the version before to be healthy',
      async () => (await loop.rollouts())[0]?.status?.undo?.reason === 'Recovered',
    );
    const subjects = (await loop.main.commits()).map(({ subject }) => subject);
    expect(subjects).toEqual(['Roll back web from 1.1.0 to 1.0.0', 'Update from image update automation', 'Start']);
    expect(await loop.rollouts()).toHaveLength(1);
  } finally {
    await bot.end('SIGKILL');
  }
});
