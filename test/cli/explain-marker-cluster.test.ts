import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { commitStates, git } from './support/checkout.ts';
import { condition, type Home, openHome } from './support/open-home.ts';
import { runInProcess, temporaryFolder } from './support/run-tagalong.ts';

const url = 'https://git.example.com/acme/fleet';
let home: Home;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let root: string;

/** A namespace for each story, with a policy that picked 1.1.0. */
const stories: Record<string, { policy?: object | null; automations?: readonly (readonly [string, object])[] }> = {
  next: {},
  standing: { policy: { status: latest('standing', '1.0.0') } },
  nopolicy: { policy: null },
  asleep: { policy: { spec: { suspend: true } } },
  unpicked: {
    policy: { status: { conditions: [condition('Ready', 'False', 'Failure', 'unable to determine latest version')] } },
  },
  nobody: { automations: [] },
  suspended: { automations: [['bot', { spec: { suspend: true } }]] },
  paused: {
    automations: [['bot', { metadata: { annotations: { 'tagalong.dev/paused-until': '2999-01-01T00:00:00Z' } } }]],
  },
  failing: { automations: [['bot', { status: [condition('Ready', 'False', 'GitOperationFailed', 'failed to push')] }]] },
  elsewhere: { automations: [['bot', { spec: { update: { strategy: 'Setters', path: './clusters' } } }]] },
  unselected: { automations: [['bot', { spec: { policySelector: { matchLabels: { app: 'other' } } } }]] },
  branched: { automations: [['bot', { spec: { git: gitSpec({ checkout: { ref: { branch: 'staging' } } }) } }]] },
  foreign: { automations: [['bot', { spec: { sourceRef: { kind: 'GitRepository', name: 'other' } } }]] },
  pushed: { automations: [['bot', { spec: { git: gitSpec({ push: { branch: 'bumps' } }) } }]] },
  asked: {
    automations: [
      ['bot', { status: [ready(), condition('RequestsOpen', 'True', 'AwaitingMerge', 'pull request #7: Update https://x')] }],
    ],
  },
  kept: {
    automations: [
      ['bot', { status: [ready(), condition('BranchKept', 'True', 'ForeignCommits', "branch 'b' is left as it is")] }],
    ],
  },
  guarded: {
    automations: [
      [
        'bot',
        {
          status: [
            ready(),
            condition(
              'Guarded',
              'True',
              'WindowClosed',
              'a:1.1.0 of policy guarded/web waits: UpdateGuard guarded/hours: closed until 9\na:2 of policy guarded/other waits: x',
            ),
          ],
        },
      ],
    ],
  },
  held: {
    automations: [
      [
        'bot',
        {
          status: [
            ready(),
            condition(
              'Held',
              'True',
              'Reverted',
              'a.io/web:1.1.0 is held at held.yaml (image; policy held/web): Ann changed it from a.io/web:1.1.0 to a.io/web:1.0.0 in abcdef0 (Revert); a newer tag goes on by itself; `tagalong release web -n held` lands this one',
            ),
          ],
        },
      ],
    ],
  },
  rivals: {
    automations: [
      ['bot', {}],
      ['second', {}],
    ],
  },
};

function latest(_story: string, tag: string) {
  return { latestRef: { name: 'a.io/web', tag }, conditions: [ready()] };
}

function ready() {
  return condition('Ready', 'True', 'Succeeded', 'fine');
}

function gitSpec(more: object) {
  return { commit: { author: { email: 'bot@example.com' } }, ...more };
}

function objectsOf(namespace: string): KubeObject[] {
  const { policy = {}, automations = [['bot', {}]] } = stories[namespace] ?? {};
  const made = (apiVersion: string, kind: string, name: string, spec: object, more: object, status?: unknown): KubeObject => {
    const { metadata, spec: moreSpec } = more as { metadata?: object; spec?: object };
    return {
      apiVersion,
      kind,
      metadata: { name, namespace, ...metadata },
      spec: { ...spec, ...moreSpec },
      ...(status ? { status } : {}),
    };
  };
  const source = (name: string, at: string) =>
    made('source.toolkit.fluxcd.io/v1', 'GitRepository', name, { url: at, interval: '1h', ref: { branch: 'main' } }, {});
  const objects = [source('fleet', url), source('other', 'ssh://git@git.example.com/acme/other')];
  if (policy !== null) {
    const { status = latest(namespace, '1.1.0') } = policy as { status?: unknown };
    const spec = { imageRepositoryRef: { name: 'web' }, policy: { semver: { range: '1.x' } } };
    objects.push(made('image.toolkit.fluxcd.io/v1', 'ImagePolicy', 'web', spec, policy, status));
  }
  for (const [name, more] of automations) {
    const { status = [ready()] } = more as { status?: unknown };
    const spec = { interval: '1h', sourceRef: { kind: 'GitRepository', name: 'fleet' }, git: gitSpec({}) };
    objects.push(made('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation', name, spec, more, { conditions: status }));
  }
  return objects;
}

beforeAll(async () => {
  home = await openHome();
  folder = await temporaryFolder();
  root = join(folder.path, 'fleet');
  const files = Object.fromEntries(
    Object.keys(stories).map((name) => [`${name}.yaml`, `image: a.io/web:1.0.0 # {"$imagepolicy": "${name}:web"}\n`]),
  );
  await commitStates(root, [['start', files]]);
  git(root, 'remote', 'add', 'origin', 'git@git.example.com:acme/fleet.git');
  for (const namespace of Object.keys(stories)) {
    await home.cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await home.put(...objectsOf(namespace));
  }
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

test.for([
  ['next', 'the next run writes a.io/web:1.1.0'],
  ['standing', 'nothing to do: what was picked stands there'],
  ['nopolicy', 'the cluster has no ImagePolicy nopolicy/web'],
  ['asleep', 'ImagePolicy asleep/web is suspended'],
  ['unpicked', 'picked nothing yet: unable to determine latest version'],
  ['nobody', 'namespace nobody has no ImageUpdateAutomation'],
  ['suspended', 'ImageUpdateAutomation suspended/bot is suspended'],
  ['paused', 'ImageUpdateAutomation paused/bot is paused until 2999-01-01'],
  ['failing', 'ImageUpdateAutomation failing/bot is not ready (GitOperationFailed): failed to push'],
  ['elsewhere', 'ImageUpdateAutomation elsewhere/bot writes below clusters/ alone (spec.update.path)'],
  ['unselected', 'does not select this policy (spec.policySelector)'],
  ['branched', 'reads branch staging, and main is checked out here'],
  ['foreign', 'writes to ssh://git@git.example.com/acme/other, and this is a checkout of'],
  ['pushed', 'pushed/bot pushes to branch bumps; it is written here once that is merged'],
  ['asked', 'asked for in pull request #7: Update https://x; it is written once that is merged'],
  ['kept', "branch 'b' is left as it is"],
  ['guarded', 'waits: a:1.1.0 of policy guarded/web waits: UpdateGuard guarded/hours: closed until 9'],
  ['held', 'held: a.io/web:1.1.0 is held at held.yaml'],
  ['rivals', 'rivals/bot and rivals/second write the same marker; one of them is enough'],
] as const)('%s: %s', async ([name, says]) => {
  const ran = await home.run('explain', 'marker', `${join(root, name)}.yaml:1`, '-o', 'json');
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  const { markers } = JSON.parse(ran.stdout) as { markers: { because: string }[] };
  expect(markers.map(({ because }) => because)).toEqual([expect.stringContaining(says)]);
});

test('of what guards say only that of this policy is told', async () => {
  const ran = await home.run('explain', 'marker', join(root, 'guarded.yaml'));
  expect(ran.stdout).not.toContain('guarded/other');
});

test('for people it is a few lines', async () => {
  const ran = await home.run('explain', 'marker', join(root, 'held.yaml:1'));
  expect(ran.stdout.split('\n').slice(0, 5)).toEqual([
    'held.yaml:1  image',
    '  policy      held/web (image)',
    '  stands      a.io/web:1.0.0',
    '  picked      a.io/web:1.1.0',
    '  written by  held/bot',
  ]);
});

test('without a cluster and without files it says what it needs', async () => {
  const ran = await runInProcess(['explain', 'marker', join(root, 'held.yaml'), '--kubeconfig', '/nonexistent']);
  expect(ran.code).not.toBe(0);
});
