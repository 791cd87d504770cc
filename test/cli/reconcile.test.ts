import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KubeObject, refOf } from '../../src/core/index.ts';
import { gitRepository, imagePolicy, imageRepository, imageUpdateAutomation } from '../journeys/support/resources.ts';
import { condition, type Home, openHome } from './support/open-home.ts';

const oid = '0123456789abcdef0123456789abcdef01234567';
const apps = { metadata: { namespace: 'apps' } };
const spec = { interval: '1h', path: './apps', prune: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } };
const kustomization: KubeObject = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'apps', namespace: 'apps' },
  spec,
};
const all = [
  gitRepository('http://example.com/fleet.git', apps),
  kustomization,
  imageRepository('example.com/web', apps),
  imagePolicy('web', apps),
  imageUpdateAutomation(apps),
];

/** What each kind's status says after a good run. */
const results: Readonly<Record<string, object>> = {
  GitRepository: {
    artifact: {
      revision: `main@sha1:${oid}`,
      digest: `sha256:${oid}`,
      url: 'http://x',
      path: 'x',
      lastUpdateTime: '2026-01-01T00:00:00Z',
    },
  },
  Kustomization: { lastAppliedRevision: `main@sha1:${oid}` },
  ImageRepository: { lastScanResult: { tagCount: 7, revision: '1', scanTime: '2026-01-01T12:00:00Z' } },
  ImagePolicy: { latestRef: { name: 'example.com/web', tag: '1.1.0' } },
  ImageUpdateAutomation: {},
};

const requestOf = ({ metadata }: KubeObject) => metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
const isSuspended = ({ spec }: KubeObject) => (spec as { suspend?: boolean }).suspend === true;

/** The status of a run that went well. */
function succeed(object: KubeObject): Record<string, unknown> | null {
  if (isSuspended(object)) return null;
  const generation = object.metadata.generation ?? 1;
  return {
    ...results[object.kind],
    ...(requestOf(object) === undefined ? {} : { lastHandledReconcileAt: requestOf(object) }),
    observedGeneration: generation,
    conditions: [condition('Ready', 'True', 'Succeeded', 'repository up-to-date', generation)],
  };
}

let home: Home;
beforeEach(async () => {
  home = await openHome();
  await home.put(...all);
});
afterEach(() => home[Symbol.asyncDispose]());

test.for([
  { words: ['source', 'git', 'fleet'], kind: 'GitRepository', says: `fetched revision main@sha1:${oid}` },
  { words: ['ks', 'apps'], kind: 'Kustomization', says: `applied revision main@sha1:${oid}` },
  { words: ['image', 'repository', 'web'], kind: 'ImageRepository', says: 'scan fetched 7 tags' },
  { words: ['image', 'policy', 'web'], kind: 'ImagePolicy', says: 'selected ref example.com/web:1.1.0' },
  { words: ['image', 'update', 'fleet'], kind: 'ImageUpdateAutomation', says: 'repository up-to-date' },
])('reconcile $words asks $kind, waits, and says how it went', async ({ words, kind, says }) => {
  home.playBot(succeed);
  const name = words.at(-1);
  expect(await home.run('reconcile', ...words, '-n', 'apps')).toEqual({
    code: 0,
    stdout: '',
    stderr: `► annotating ${kind} ${name} in apps namespace\n✔ ${kind} annotated\n◎ waiting for ${kind} reconciliation\n✔ ${says}\n`,
  });
});

test('--with-source asks the source first', async () => {
  home.playBot(succeed);
  const { code, stderr } = await home.run('reconcile', 'kustomization', 'apps', '--with-source', '-n', 'apps');
  expect([code, stderr.match(/^✔ (fetched|applied) .*$/gm)]).toEqual([
    0,
    [`✔ fetched revision main@sha1:${oid}`, `✔ applied revision main@sha1:${oid}`],
  ]);
});

const failing = (extra: readonly object[]) => (object: KubeObject) => ({
  ...succeed(object),
  conditions: [condition('Ready', 'False', 'BuildFailed', 'apps/web.yaml:3: no', object.metadata.generation), ...extra],
});

test.for([
  { because: 'will be tried again', extra: [condition('Reconciling', 'True', 'ProgressingWithRetry', 'building')] },
  { because: 'is stalled', extra: [condition('Stalled', 'True', 'BuildFailed', 'apps/web.yaml:3: no')] },
])('a run that failed and $because ends with 1 and its message', async ({ extra }) => {
  home.playBot((object) => (requestOf(object) === undefined ? null : failing(extra)(object)));
  const { code, stdout, stderr } = await home.run('reconcile', 'ks', 'apps', '-n', 'apps');
  expect([code, stdout, stderr.split('\n').at(-2)]).toEqual([
    1,
    '',
    '✗ Kustomization reconciliation failed: apps/web.yaml:3: no',
  ]);
});

test('the message of a source stands in quotes, as flux has it', async () => {
  home.playBot((object) =>
    requestOf(object) === undefined ? null : failing([condition('Stalled', 'True', 'URLInvalid', 'no such host')])(object),
  );
  const { stderr } = await home.run('reconcile', 'source', 'git', 'fleet', '-n', 'apps');
  expect(stderr.split('\n').at(-2)).toBe("✗ GitRepository reconciliation failed: 'no such host'");
});

test('a run that is still waiting for health is waited for', async () => {
  const seen: string[] = [];
  home.playBot((object) => {
    const token = requestOf(object);
    if (token === undefined || object.kind !== 'Kustomization') return null;
    seen.push(token);
    const { conditions = [] } = (object['status'] ?? {}) as { conditions?: { type: string }[] };
    const isWaiting = conditions.some(({ type }) => type === 'Reconciling');
    if (isWaiting) return succeed(object);
    return {
      ...succeed(object),
      conditions: [
        condition('Reconciling', 'True', 'Progressing', 'health'),
        condition('Ready', 'Unknown', 'Progressing', 'health'),
      ],
    };
  });
  const { code, stderr } = await home.run('reconcile', 'ks', 'apps', '-n', 'apps');
  expect([code, stderr.includes('✔ applied revision'), seen.length > 1]).toEqual([0, true, true]);
});

test('nobody who answers in time is an error that names what was waited for', async () => {
  const { code, stderr } = await home.run('reconcile', 'ks', 'apps', '-n', 'apps', '--timeout', '600ms');
  expect([code, stderr.split('\n').at(-2)]).toEqual([
    1,
    '✗ timed out after 600ms waiting for Kustomization apps: waiting to be reconciled',
  ]);
});

test('what is not there is named, and where it was looked for', async () => {
  expect(await home.run('reconcile', 'ks', 'gone', '-n', 'apps')).toEqual({
    code: 1,
    stdout: '',
    stderr: '✗ kustomizations.kustomize.toolkit.fluxcd.io "gone" not found in "apps" namespace\n',
  });
});

const isStopped = async (object: KubeObject) => {
  const found = await home.cluster.get(refOf(object));
  return found !== null && isSuspended(found);
};

test('suspend stops an object, which reconcile then refuses, and resume goes on with it', async () => {
  home.playBot(succeed);
  const suspended = await home.run('suspend', 'kustomization', 'apps', '-n', 'apps');
  const refused = await home.run('reconcile', 'kustomization', 'apps', '-n', 'apps');
  const resumed = await home.run('resume', 'kustomization', 'apps', '-n', 'apps');
  expect([suspended, refused, resumed].map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, '► suspending kustomization apps in apps namespace\n✔ kustomization suspended\n'],
    [1, '✗ resource is suspended\n'],
    [
      0,
      '► resuming kustomization apps in apps namespace\n✔ kustomization resumed\n◎ waiting for Kustomization reconciliation\n' +
        `✔ Kustomization apps reconciliation completed\n✔ applied revision main@sha1:${oid}\n`,
    ],
  ]);
});

test('flux’s words for kinds in groups', async () => {
  const { stderr } = await home.run('suspend', 'source', 'git', 'fleet', '-n', 'apps');
  expect(stderr).toBe('► suspending source git fleet in apps namespace\n✔ source git suspended\n');
});

test('--all takes each object of the namespace; resume only those that are suspended', async () => {
  const second = { ...kustomization, metadata: { name: 'more', namespace: 'apps' } };
  await home.put(second);
  await home.run('suspend', 'ks', '--all', '-n', 'apps');
  const stopped = await Promise.all([kustomization, second].map(isStopped));
  await home.cluster.patch(refOf(second), { spec: { suspend: false } }, { type: 'merge' });
  const { stderr } = await home.run('resume', 'ks', '--all', '--no-wait', '-n', 'apps');
  expect([stopped, stderr]).toEqual([[true, true], '► resuming kustomization apps in apps namespace\n✔ kustomization resumed\n']);
});

test('of several that resume, one that fails does not stop the others', async () => {
  const second = { ...kustomization, metadata: { name: 'zz', namespace: 'apps' } };
  await home.put(second);
  await home.run('suspend', 'ks', 'apps', 'zz', '-n', 'apps');
  home.playBot((object) => {
    if (object.kind !== 'Kustomization' || isSuspended(object)) return null;
    return object.metadata.name === 'zz' ? succeed(object) : failing([condition('Stalled', 'True', 'BuildFailed', 'no')])(object);
  });
  const { code, stderr } = await home.run('resume', 'ks', 'apps', 'zz', '-n', 'apps');
  expect([
    code,
    stderr.includes('✗ Kustomization reconciliation failed: no'),
    stderr.includes('✔ Kustomization zz reconciliation completed'),
  ]).toEqual([1, true, true]);
});

const pruneMessage = (value: string) =>
  `prune waits for confirmation: all 12 objects would be deleted (ConfigMap/apps/a); run \`tagalong confirm prune apps -n apps\`, which sets the annotation tagalong.dev/confirm-prune: ${value}`;

test('confirm prune sets the value that the condition names, and waits', async () => {
  const value = `main@sha1:${oid}/0123456789ab`;
  const waiting = [condition('Ready', 'False', 'PruneUnconfirmed', pruneMessage(value))];
  await home.cluster.patch(refOf(kustomization), { status: { conditions: waiting } }, { type: 'merge', subresource: 'status' });
  home.playBot((object) => (requestOf(object) === undefined ? null : succeed(object)));
  const { code } = await home.run('confirm', 'prune', 'apps', '-n', 'apps');
  const found = await home.cluster.get(refOf(kustomization));
  expect([code, found?.metadata.annotations?.['tagalong.dev/confirm-prune']]).toEqual([0, value]);
});

test('confirm prune refuses where nothing waits', async () => {
  const { code, stderr } = await home.run('confirm', 'prune', 'apps', '-n', 'apps');
  expect([code, stderr]).toEqual([1, '✗ Kustomization apps waits for no confirmation\n']);
});
