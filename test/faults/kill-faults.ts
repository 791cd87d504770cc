import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.ts';
import type { FaultProxy, Passing } from './fault-proxy.ts';
import { commitSoon, type Round } from './round.ts';

/** Steps of a bump as its requests show them. */
const steps: readonly { readonly at: string; readonly through: 'api' | 'git'; matches(passing: Passing): boolean }[] = [
  { at: 'fetch', through: 'git', matches: ({ path }) => path.includes('git-upload-pack') },
  { at: 'push-refs', through: 'git', matches: ({ method, path }) => method === 'GET' && path.includes('receive-pack') },
  { at: 'pack', through: 'git', matches: ({ method, path }) => method === 'POST' && path.endsWith('git-receive-pack') },
  { at: 'scan-status', through: 'api', matches: writesStatus('imagerepositories') },
  { at: 'policy-status', through: 'api', matches: writesStatus('imagepolicies') },
  { at: 'push-status', through: 'api', matches: writesStatus('imageupdateautomations') },
  { at: 'source-status', through: 'api', matches: writesStatus('gitrepositories') },
  { at: 'inventory', through: 'api', matches: writesStatus('kustomizations') },
  { at: 'dry-run', through: 'api', matches: ({ path }) => path.includes('/deployments/') && path.includes('dryRun=All') },
  {
    at: 'apply',
    through: 'api',
    matches: ({ method, path }) => method === 'PATCH' && path.includes('/deployments/') && !path.includes('dryRun'),
  },
  { at: 'event', through: 'api', matches: ({ method, path }) => method === 'POST' && path.includes('/events') },
];

function writesStatus(plural: string): (passing: Passing) => boolean {
  return ({ method, path }) => method !== 'GET' && new RegExp(`/${plural}/[^/]+/status`).test(path);
}

/** At random moments of the loop, and at every step. */
export const killFaults: readonly Fault[] = [
  {
    name: 'kill-random',
    async play(round) {
      for (let kills = round.random.between(1, 3); kills > 0; kills -= 1) {
        await round.bump();
        await round.wait(0, 600);
        await round.kill();
        await round.start();
      }
    },
  },
  {
    name: 'kill-while-starting',
    async play(round) {
      await round.bump();
      for (let kills = 3; kills > 0; kills -= 1) {
        await round.kill();
        await round.start();
        await round.wait(300, 2500);
      }
    },
  },
  { name: 'kill-at-prune', play: killAtPrune },
  ...steps.map(
    ({ at, through, matches }): Fault => ({
      name: `kill-at-${at}`,
      async play(round) {
        const moment = round.random.pick(['before', 'after'] as const);
        const skip = round.random.between(0, 1);
        const killed = killWhen(round, round[through], { matches, moment, skip });
        await round.bump();
        await killed;
        await round.start();
      },
    }),
  ),
];

interface Cue {
  readonly matches: (passing: Passing) => boolean;
  readonly moment: 'before' | 'after';
  /** So many pass first. */
  readonly skip: number;
}

/** Kills when the cue comes, or after a while without it. */
async function killWhen(round: Round, proxy: FaultProxy, { matches, moment, skip }: Cue): Promise<void> {
  let left = skip;
  const { promise: seen, resolve } = Promise.withResolvers<void>();
  const forget = proxy.listen((passing, at) => {
    if (at !== moment || !matches(passing)) return;
    left -= 1;
    if (left < 0) {
      round.bot.end('SIGKILL');
      resolve();
    }
  });
  await Promise.race([seen, sleep(4000)]);
  forget();
  await round.kill();
}

/** Something leaves git, and the bot dies while it leaves the cluster. */
async function killAtPrune(round: Round): Promise<void> {
  const { loop, random } = round;
  await commitSoon(loop, { 'apps/extra.yaml': extra }, 'Add something');
  await round.ask('GitRepository', 'fleet');
  const map = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'extra' };
  await loop.until('the extra object', async () => (await loop.cluster.get(map)) !== null);
  const matches = ({ method, path }: Passing) => method === 'DELETE' && path.includes('/configmaps/extra');
  const killed = killWhen(round, round.api, { matches, moment: random.pick(['before', 'after'] as const), skip: 0 });
  await loop.person.pull();
  await loop.person.remove('apps/extra.yaml');
  round.foreign.push(await loop.person.commitAndPush('Take it away'));
  await round.ask('GitRepository', 'fleet');
  await killed;
  await round.start();
  await loop.until('the extra object to be pruned', async () => (await loop.cluster.get(map)) === null);
}

const extra = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n  namespace: default\ndata:\n  a: b\n';
