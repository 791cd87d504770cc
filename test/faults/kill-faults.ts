import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.ts';
import type { FaultProxy, Passing } from './fault-proxy.ts';
import { commitSoon, type Round } from './round.ts';
import { patienceMs, until } from './until.ts';

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
      for (let kills = round.random.between(3, 5); kills > 0; kills -= 1) {
        await round.bump();
        await round.wait(0, round.random.pick([300, 1000, 3000]));
        await round.kill();
        await round.start();
        if (round.random.chance(0.5)) await round.settle();
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
  ...(['before', 'after'] as const).flatMap((moment) =>
    steps.map(
      ({ at, through, matches }): Fault => ({
        name: `kill-${moment}-${at}`,
        async play(round) {
          const killed = killWhen(round, round[through], { matches, moment });
          await round.bump();
          await killed;
          await round.start();
        },
      }),
    ),
  ),
];

interface Cue {
  readonly matches: (passing: Passing) => boolean;
  readonly moment: 'before' | 'after';
}

/** Kills when the cue comes; a step that never comes shows nothing, and fails the round. */
async function killWhen(round: Round, proxy: FaultProxy, { matches, moment }: Cue): Promise<void> {
  const { promise: seen, resolve } = Promise.withResolvers<true>();
  const forget = proxy.listen((passing, at) => {
    if (at !== moment || !matches(passing)) return;
    void round.kill();
    resolve(true);
  });
  const patience = new AbortController();
  const came = await Promise.race([seen, sleep(patienceMs, false, { signal: patience.signal })]);
  patience.abort();
  forget();
  await round.kill();
  if (!came) throw new Error('the step at which it was to be killed never came');
}

/** Something leaves git, and the bot dies while it leaves the cluster. */
async function killAtPrune(round: Round): Promise<void> {
  const { loop, random } = round;
  await commitSoon(loop, { 'apps/extra.yaml': extra }, 'Add something');
  await round.ask('GitRepository', 'fleet');
  const map = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'extra' };
  await until('the extra object', async () => (await loop.cluster.get(map)) !== null);
  const matches = ({ method, path }: Passing) => method === 'DELETE' && path.includes('/configmaps/extra');
  const killed = killWhen(round, round.api, { matches, moment: random.pick(['before', 'after'] as const) });
  await loop.person.pull();
  await loop.person.remove('apps/extra.yaml');
  round.foreign.push(await loop.person.commitAndPush('Take it away'));
  await round.ask('GitRepository', 'fleet');
  await killed;
  await round.start();
  await until('the extra object to be pruned', async () => (await loop.cluster.get(map)) === null);
}

const extra = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n  namespace: default\ndata:\n  a: b\n';
