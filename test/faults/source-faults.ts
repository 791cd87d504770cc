import type { RegistryFault } from '../../src/sandbox/index.ts';
import { conditionOf } from '../journeys/support/start-loop.ts';
import { garbage } from './api-faults.ts';
import type { Fault } from './fault.ts';
import type { Deed, Passing } from './fault-proxy.ts';
import { type Image, images, type Round, statusOf } from './round.ts';
import { startStranger } from './stranger.ts';
import { until } from './until.ts';

/** A bump while the registry answers so, and another after it is well. */
async function whileRegistry(round: Round, fault: RegistryFault): Promise<void> {
  const { registry } = round.loop;
  const before = registry.requests.length;
  const picked = await Promise.all(images.map((image) => readPick(round, image)));
  registry.setFault(fault);
  await round.bump();
  await round.wait(500, 2500);
  const sent = registry.requests.length - before;
  if (sent > 60) throw new Error(`${sent} requests to a registry that is ill, for one scan`);
  const kept = await Promise.all(images.map((image) => readPick(round, image)));
  // What is pushed meanwhile may be seen where the fault lets something through; nothing may go back or be forgotten.
  for (const [index, pick] of kept.entries())
    if (pick < (picked[index] ?? 0)) throw new Error(`the policy of ${images[index]} went from 1.${picked[index]}.0 to ${pick}`);
  registry.clearFaults();
  await round.bump();
  await round.ask('ImageRepository', 'web');
  await round.ask('ImageRepository', 'api');
}

/** The minor version that the policy has picked, and -1 for none. */
async function readPick({ loop }: Round, image: Image): Promise<number> {
  const { latestRef } = (statusOf(await loop.get('ImagePolicy', image)) ?? {}) as { latestRef?: { tag?: string } };
  return Number(/^1\.(\d+)\.0$/.exec(latestRef?.tag ?? '')?.[1] ?? -1);
}

const nowhere = `sha256:${'0'.repeat(64)}`;

export const registryFaults: readonly Fault[] = [
  ...(
    [
      ['registry-hangs-up', { kind: 'hang-up' }],
      ['registry-silent', { kind: 'silence' }],
      ['registry-cuts', { kind: 'cut' }],
      ['registry-trickles', { kind: 'trickle', everyMs: 100 }],
      ['registry-500', { kind: 'status', status: 500 }],
      ['registry-429', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
      ['registry-404', { kind: 'status', status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' }],
      ['registry-half-list', { kind: 'body', body: '{"name":"web","tags":["0.9.0"]}' }],
      ['registry-empty-list', { kind: 'body', body: '{"name":"web","tags":[]}' }],
      ['registry-next-page-itself', { kind: 'link', link: '<$SELF>; rel="next"' }],
      ['registry-redirect-loop', { kind: 'status', status: 307, headers: { location: '/v2/web/tags/list' } }],
    ] as const
  ).map(([name, fault]): Fault => ({ name, play: (round) => whileRegistry(round, fault) })),
  {
    name: 'registry-garbage',
    play: (round) => whileRegistry(round, { kind: 'body', body: round.random.pick(garbage) }),
  },
  ...(
    [
      ['registry-digest-lies', { kind: 'status', status: 200, headers: { 'docker-content-digest': nowhere }, on: 'HEAD' }],
      ['registry-wrong-manifest', { kind: 'body', body: '{"schemaVersion":2}', on: '/manifests/sha256:' }],
    ] as const
  ).map(
    ([name, fault]): Fault => ({
      name,
      digests: true,
      async play(round) {
        await whileRegistry(round, fault);
        await round.settle();
        const said = await round.loop.main.git('log', '-p', await round.loop.main.head());
        if (said.includes(nowhere)) throw new Error('a digest that no manifest has came into git');
      },
    }),
  ),
  {
    name: 'registry-loses-the-tag',
    async play(round) {
      const { registry } = round.loop;
      const image = round.random.pick(['web', 'api'] as const);
      await registry.deleteTag(image, round.newest.get(image) ?? '');
      await round.ask('ImageRepository', image);
      await round.wait(500, 2000);
      await registry.pushTag(image, round.newest.get(image) ?? '');
      await round.bump(image);
    },
  },
  {
    name: 'registry-redirects-to-a-stranger',
    loop: { registry: { auth: { kind: 'basic', username: 'puller', password: 'canary-of-the-registry' } as never } },
    async prepare(round) {
      await round.loop.apply(dockerSecret(round.loop.registry.host));
      for (const image of ['web', 'api'])
        await round.loop.patch('ImageRepository', image, { spec: { secretRef: { name: 'pull' } } });
    },
    async play(round) {
      await using stranger = await startStranger();
      await whileRegistry(round, { kind: 'status', status: 307, headers: { location: `${stranger.url}/v2/web/tags/list` } });
      if (stranger.seen.length === 0) throw new Error('the redirect was not tried: this round shows nothing');
      if (stranger.seen.some((text) => /authorization|cookie|canary/i.test(text)))
        throw new Error(`a credential came along to another host: ${stranger.seen[0]}`);
    },
  },
];

function dockerSecret(host: string) {
  const auths = { [host]: { username: 'puller', password: 'canary-of-the-registry' } };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'pull', namespace: 'default' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
  };
}

const pushes = ({ path }: Passing) => path.includes('git-receive-pack');
const asksForRefs = ({ method, path }: Passing) => method === 'GET' && pushes({ method, path });

async function whileGit(round: Round, rule: (passing: Passing) => Deed): Promise<void> {
  const before = round.git.count;
  round.git.play(rule);
  await round.bump();
  await round.wait(500, 1500);
  if (round.random.chance(0.5)) await round.commit('While git was ill');
  await round.wait(500, 2500);
  const sent = round.git.count - before;
  if (sent > 120) throw new Error(`${sent} requests to a git host that is ill, for one bump`);
  round.git.calm();
}

export const gitFaults: readonly Fault[] = [
  { name: 'git-hangs-up', play: (round) => whileGit(round, () => 'hang-up') },
  { name: 'git-500', play: (round) => whileGit(round, () => ({ status: 500, body: 'oops' })) },
  { name: 'git-slow', play: (round) => whileGit(round, () => ({ delayMs: round.random.between(100, 1200) })) },
  {
    name: 'git-refuses-refs',
    play: (round) => whileGit(round, (one) => (asksForRefs(one) ? { status: 403, body: 'no' } : 'pass')),
  },
  { name: 'git-accepts-and-dies', play: (round) => whileGit(round, (one) => (pushes(one) ? 'lose-answer' : 'pass')) },
  {
    name: 'git-dies-in-a-push',
    play: (round) =>
      whileGit(round, ({ method, path }) =>
        method === 'POST' && path.endsWith('git-receive-pack')
          ? round.random.pick(['cut-request', 'cut-answer', 'lose-answer'] as const)
          : 'pass',
      ),
  },
  { name: 'git-garbage', play: (round) => whileGit(round, () => ({ status: 200, body: round.random.pick(garbage) })) },
  {
    name: 'git-refuses-pushes',
    async play(round) {
      await round.loop.gitHost.refusePushes('the branch is protected');
      await round.bump();
      await until('a condition that says why', async () => {
        const ready = conditionOf(await round.loop.get('ImageUpdateAutomation', 'fleet'), 'Ready');
        return ready?.status === 'False' && ready.message.includes('the branch is protected');
      });
      const before = round.git.count;
      await round.wait(1000, 4000);
      if (round.git.count - before > 60) throw new Error(`${round.git.count - before} requests to a host that refuses`);
      await round.loop.gitHost.refusePushes(null);
    },
  },
  {
    name: 'git-push-races',
    async play(round) {
      for (let races = 3; races > 0; races -= 1) {
        await round.bump();
        await Promise.all([round.commit(`Race ${races}`), round.wait(0, 400)]);
      }
    },
  },
  {
    name: 'git-force-pushed',
    rewrites: true,
    async play(round) {
      await round.commit('Somebody works here');
      const { main } = round.loop;
      const head = await main.head();
      const tree = (await main.git('rev-parse', `${head}^{tree}`)).trim();
      await round.wait(0, 500);
      const rewritten = await commitTree(round, tree, 'All of it in one commit');
      await main.git('update-ref', 'refs/heads/main', rewritten);
      round.foreign.splice(0, round.foreign.length, rewritten);
      await round.ask('GitRepository', 'fleet');
      await round.bump();
    },
  },
  {
    name: 'git-branch-deleted',
    rewrites: true,
    async play(round) {
      const { main } = round.loop;
      const head = await main.head();
      await main.git('update-ref', '-d', 'refs/heads/main');
      await round.bump();
      await round.ask('GitRepository', 'fleet');
      await round.wait(500, 3000);
      // Nobody but its owner brings a branch back: a bot that made one would be in the way.
      await main.git('update-ref', 'refs/heads/main', head, '0'.repeat(40));
      await round.ask('GitRepository', 'fleet');
    },
  },
  {
    name: 'git-history-lost',
    rewrites: true,
    async play(round) {
      await round.bump();
      await round.wait(0, 1500);
      const { main } = round.loop;
      const first = (await main.git('rev-list', '--max-parents=0', 'main')).trim();
      const tree = (await main.git('rev-parse', `main^{tree}`)).trim();
      const rewritten = await commitTree(round, tree, 'Without what was before', first);
      await main.git('update-ref', 'refs/heads/main', rewritten);
      round.foreign.splice(0, round.foreign.length, rewritten);
      await round.ask('GitRepository', 'fleet');
      await round.bump();
    },
  },
];

async function commitTree({ loop: { person, main } }: Round, tree: string, message: string, parent?: string): Promise<string> {
  const parents = parent === undefined ? [] : ['-p', parent];
  await person.git('fetch', '--quiet', 'origin');
  const oid = (await person.git('commit-tree', tree, ...parents, '-m', message)).trim();
  await person.git('push', '--quiet', 'origin', `${oid}:refs/heads/rewritten`);
  await main.git('update-ref', '-d', 'refs/heads/rewritten');
  return oid;
}
