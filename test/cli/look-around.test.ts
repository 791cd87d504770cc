import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { tellInterruptions } from '../../src/cli/tell-interruptions.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { gitRepository, imagePolicy, imageRepository, imageUpdateAutomation } from '../journeys/support/resources.ts';
import { condition, type Home, openHome } from './support/open-home.ts';
import { runInProcess, temporaryFolder } from './support/run-tagalong.ts';

const oid = '0123456789abcdef0123456789abcdef01234567';
const system = { metadata: { namespace: 'flux-system' } };
const ownedBy = (name: string) => ({
  'kustomize.toolkit.fluxcd.io/name': name,
  'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
});

function kustomization(name: string, entries: readonly string[], labels: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'flux-system', labels },
    spec: { interval: '1h', path: `./${name}`, prune: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } },
    status: {
      observedGeneration: 1,
      lastAppliedRevision: `main@sha1:${oid}`,
      inventory: { entries: entries.map((id) => ({ id, v: 'v1' })) },
      conditions: [condition('Ready', 'True', 'ReconciliationSucceeded', `Applied revision: main@sha1:${oid}`)],
    },
  };
}

const source: KubeObject = {
  ...gitRepository('http://example.com/fleet.git', system),
  status: {
    observedGeneration: 1,
    artifact: {
      revision: `main@sha1:${oid}`,
      digest: `sha256:${oid}`,
      url: 'http://x',
      path: 'x',
      lastUpdateTime: '2026-01-01T00:00:00Z',
    },
    conditions: [condition('Ready', 'True', 'Succeeded', 'stored artifact')],
  },
};
const settings: KubeObject = {
  ...{ apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'b' } },
  metadata: { name: 'settings', namespace: 'apps', labels: ownedBy('apps') },
};
const stray: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'stray', namespace: 'apps' } };

function event(name: string, kind: string, about: string, more: object = {}): KubeObject {
  const group = kind === 'GitRepository' ? 'source' : 'kustomize';
  return {
    ...{ apiVersion: 'v1', kind: 'Event', type: 'Normal', reason: 'Said', message: `about ${about}`, count: 1 },
    metadata: { name, namespace: 'flux-system' },
    involvedObject: { apiVersion: `${group}.toolkit.fluxcd.io/v1`, kind, name: about, namespace: 'flux-system' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    ...more,
  };
}

const later = '2026-01-02T00:00:00Z';
const events = [
  event('one', 'Kustomization', 'apps'),
  event('two', 'GitRepository', 'fleet', { lastTimestamp: later, count: 3 }),
  event('three', 'Kustomization', 'cluster', { type: 'Warning' }),
  {
    ...event('four', 'Kustomization', 'other'),
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'other', namespace: 'flux-system' },
  },
];

let home: Home;
beforeAll(async () => {
  home = await openHome();
  await home.put(
    source,
    kustomization('cluster', ['flux-system_apps_kustomize.toolkit.fluxcd.io_Kustomization', '_apps__Namespace']),
    kustomization('apps', ['apps_settings__ConfigMap'], ownedBy('cluster')),
    ...[settings, stray, ...events],
  );
});
afterAll(() => home[Symbol.asyncDispose]());

describe('tree', () => {
  test('shows what was applied, and what that applied', async () => {
    const tree = [
      'Kustomization/flux-system/cluster',
      '├── Kustomization/flux-system/apps',
      '│   └── ConfigMap/apps/settings',
      '└── Namespace/apps',
    ];
    expect(await home.run('tree', 'ks', 'cluster')).toEqual({ code: 0, stderr: '', stdout: `${tree.join('\n')}\n\n` });
  });

  test('--compact leaves plain objects out, -o json has them all', async () => {
    const compact = await home.run('tree', 'kustomization', 'cluster', '--compact');
    expect(compact.stdout).toBe('Kustomization/flux-system/cluster\n└── Kustomization/flux-system/apps\n\n');
    const { stdout } = await home.run('tree', 'kustomization', 'apps', '-o', 'json');
    const resource = { Namespace: 'apps', Name: 'settings', GroupKind: { Group: '', Kind: 'ConfigMap' } };
    expect(JSON.parse(stdout)).toMatchObject({ resource: { Name: 'apps' }, resources: [{ resource }] });
  });
});

describe('trace', () => {
  test.for([
    ['configmap/settings', '-n', 'apps'],
    ['ConfigMap', 'settings', '-n', 'apps'],
    ['configmaps/settings', '-n', 'apps', '--api-version', 'v1', '--api-version', 'v1'],
  ])('%j leads to the Kustomization and the source', async (args) => {
    const asked = args.includes('--api-version') ? args.map((word) => word.replace('configmaps', 'ConfigMap')) : args;
    const { code, stdout } = await home.run('trace', ...asked);
    expect(code).toBe(0);
    expect(stdout.split('\n---\n').map((block) => block.trim().split('\n')[0])).toEqual([
      'Object:          ConfigMap/settings',
      'Kustomization:   apps',
      'GitRepository:   fleet',
    ]);
    expect(stdout).toContain(`Revision:        main@sha1:${oid}`);
    expect(stdout).toContain('Branch:          main');
  });

  test.for([
    { because: 'an object that nobody applied', args: ['configmap/stray'], says: 'object not managed by tagalong' },
    { because: 'an object that is not there', args: ['configmap/gone'], says: 'configmaps "gone" not found in' },
    { because: 'a kind that nobody knows', args: ['gizmo/a'], says: '--api-version' },
  ])('$because is said, and ends with 1', async ({ args, says }) => {
    const { code, stdout, stderr } = await home.run('trace', ...args, '-n', 'apps');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(says);
  });
});

describe('events', () => {
  test('come oldest first, of our kinds alone, with how often', async () => {
    const { stdout } = await home.run('events', '--no-header');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[3]?.trim()),
    ).toEqual(['Kustomization/apps', 'Kustomization/cluster', 'GitRepository/fleet']);
    expect(stdout).toMatch(/\(x3 over \d+d\)/);
  });

  test.for([
    { args: ['--for', 'Kustomization/apps'], about: ['Kustomization/apps', 'GitRepository/fleet'] },
    { args: ['--for', 'gitrepository/fleet'], about: ['GitRepository/fleet'] },
    { args: ['--types', 'warning'], about: ['Kustomization/cluster'] },
  ])('$args takes $about', async ({ args, about }) => {
    const { stdout } = await home.run('events', '--no-header', ...args);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[3]?.trim()),
    ).toEqual(about);
  });

  test('a kind that is not served is told', async () => {
    expect(await home.run('events', '--for', 'Pod/web')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'Pod' is not a kind"),
    });
  });
});

describe('export', () => {
  test('prints what one would commit', async () => {
    const { stdout } = await home.run('export', 'kustomization', 'apps');
    expect(stdout).toMatch(/^---\n/);
    const exported = parse(stdout);
    expect(exported).toMatchObject({
      kind: 'Kustomization',
      metadata: { name: 'apps', namespace: 'flux-system', labels: ownedBy('cluster') },
    });
    expect(Object.keys(exported)).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    expect(Object.keys(exported.metadata).toSorted()).toEqual(['labels', 'name', 'namespace']);
  });

  test('--all prints each; neither name nor --all is a mistake', async () => {
    const { stdout } = await home.run('export', 'ks', '--all');
    expect(stdout.match(/^---$/gm)).toHaveLength(2);
    expect(await home.run('export', 'ks')).toMatchObject({ code: 2 });
  });
});

describe('completion', () => {
  const complete = async (...words: readonly string[]) => {
    const { stdout } = await runInProcess(['__complete', '--', ...words], { KUBECONFIG: home.kubeconfig });
    return stdout.trim().split('\n');
  };

  test('commands, options, values and names of objects', async () => {
    expect(await complete('recon')).toEqual(['reconcile']);
    expect(await complete('reconcile', 'image', '')).toEqual(['repository', 'policy', 'update']);
    expect(await complete('get', 'ks', '-o', 'j')).toEqual(['json']);
    expect(await complete('pause', '--re')).toEqual(['--reason']);
    expect(await complete('reconcile', 'ks', '')).toEqual(['apps', 'cluster']);
  });

  test('the script for bash offers what the program says', async () => {
    await using folder = await temporaryFolder();
    const { stdout } = await runInProcess(['completion', 'bash']);
    const script = join(folder.path, 'completion');
    await writeFile(
      script,
      `tagalong() { printf 'get\\nreconcile\\nrelease\\n'; }\n${stdout}\nCOMP_WORDS=(tagalong re); COMP_CWORD=1; _tagalong; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );
    expect(execFileSync('bash', [script], { encoding: 'utf8' })).toBe('reconcile\nrelease\n');
  });
});

describe('logs', () => {
  const lines = [
    {
      level: 'info',
      ts: '2026-01-01T00:00:00.000Z',
      msg: 'reconciled',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'apps',
    },
    {
      level: 'error',
      ts: '2026-01-01T00:00:01.000Z',
      msg: 'reconcile failed',
      kind: 'GitRepository',
      namespace: 'flux-system',
      name: 'fleet',
      error: 'no\u001b[31m',
    },
  ];
  test('of a file are printed as flux prints them, filtered, without what drives a terminal', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'log');
    await writeFile(file, `not ours\n${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
    const all = await home.run('logs', '--file', file);
    expect(all.stdout.split('\n')).toEqual([
      '2026-01-01T00:00:00.000Z info Kustomization/apps.flux-system - reconciled',
      '2026-01-01T00:00:01.000Z error GitRepository/fleet.flux-system - reconcile failed no[31m',
      '',
    ]);
    expect((await home.run('logs', '--file', file, '--level', 'error')).stdout).toContain('GitRepository/fleet');
    expect((await home.run('logs', '--file', file, '--kind', 'kustomization', '--tail', '5')).stdout).toMatch(
      /^\S+ info Kustomization.*\n$/,
    );
    expect(await home.run('logs', '--file', join(folder.path, 'gone'))).toMatchObject({ code: 2 });
  });

  test('where no pod is to be found, the way out is said', async () => {
    expect(await home.run('logs')).toMatchObject({ code: 1, stderr: expect.stringContaining('--log-file') });
  });
});

describe('several contexts', () => {
  test('get shows them together, and tells of one that cannot be reached', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'kubeconfig');
    const config = parse(await readFile(home.kubeconfig, 'utf8'));
    const [context] = config.contexts;
    config.contexts = ['east', 'west'].map((name) => ({ ...context, name }));
    await writeFile(file, JSON.stringify(config));
    const { code, stdout, stderr } = await runInProcess([
      'get',
      'ks',
      'apps',
      '--no-header',
      '--context',
      'east,west,north',
      '--kubeconfig',
      file,
    ]);
    expect(stdout.split('\n').map((line) => line.split('\t')[0]?.trim())).toEqual(['east', 'west', '']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('context north')]);
  });
});

describe('check', () => {
  test('says what is wrong, item by item, and ends with 1', async () => {
    await home.put(
      imageRepository('example.com/web', system),
      imagePolicy('web', system),
      imageUpdateAutomation(system, 'one'),
      imageUpdateAutomation({ ...system, spec: { update: { path: './apps/web' } } }, 'two'),
    );
    const { code, stderr } = await home.run('check');
    expect(code).toBe(1);
    expect(stderr).toContain('✔ kustomizations.kustomize.toolkit.fluxcd.io/v1');
    expect(stderr).toMatch(
      /✗ ImageUpdateAutomations flux-system\/one and flux-system\/two both write apps\/web\/ .*tagalong\.dev\/role: observer/,
    );
    expect(stderr).toMatch(/✗ 2 ImageUpdateAutomation never looked at by anybody/);
  });

  test('an observer, and one that is suspended, write nothing', async () => {
    const ref = {
      group: 'image.toolkit.fluxcd.io',
      version: 'v1',
      kind: 'ImageUpdateAutomation',
      namespace: 'flux-system',
      name: 'two',
    };
    const annotations = { 'tagalong.dev/role': 'observer' };
    await home.cluster.patch(ref, { metadata: { annotations } }, { type: 'merge' });
    expect((await home.run('check')).stderr).not.toContain('both write');
    await home.cluster.patch(
      ref,
      { metadata: { annotations: { 'tagalong.dev/role': null } }, spec: { suspend: true } },
      { type: 'merge' },
    );
    expect((await home.run('check')).stderr).not.toContain('both write');
  });

  test('Flux without leader election is told, and whose Lease it is', async () => {
    const labels = { 'app.kubernetes.io/part-of': 'flux' };
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: 'manager', image: 'example.com/source-controller:v1.9.0', args: ['--events-addr='] }] },
    };
    await home.put({
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', spec: { selector: { matchLabels: labels }, template } },
      metadata: { name: 'source-controller', namespace: 'flux-system', labels },
    });
    const spec = {
      holderIdentity: 'pod_1',
      leaseDurationSeconds: 15,
      renewTime: '2026-01-01T00:00:00.000000Z',
      acquireTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    };
    await home.put({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'source-controller-leader-election', namespace: 'flux-system' },
      spec,
    });
    const { stderr } = await home.run('check');
    expect(stderr).toContain('✗ source-controller of Flux runs without leader election');
    expect(stderr).toMatch(/source-controller-leader-election: pod_1 had it, renewed \d+d ago, and it is over/);
  });

  test('a definition that is older than ours names what it lacks', async () => {
    const ref = {
      group: 'apiextensions.k8s.io',
      version: 'v1',
      kind: 'CustomResourceDefinition',
      name: 'imagepolicies.image.toolkit.fluxcd.io',
    };
    const patch = [
      { op: 'remove', path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/digestReflectionPolicy' },
    ];
    await home.cluster.patch(ref, patch, { type: 'json' });
    const { stderr } = await home.run('check');
    expect(stderr).toMatch(/✗ imagepolicies\S+ is older than tagalong, it lacks spec\.digestReflectionPolicy/);
  });
});

test('that the server is away is said once, and once that it is back', () => {
  const notes: string[] = [];
  const { lost, back } = tellInterruptions({ note: (text) => void notes.push(text) });
  back();
  for (const text of ['no route\u001b[2J', 'no route']) lost(new Error(text));
  back();
  back();
  lost(new Error('again'));
  expect(notes).toEqual([
    'the API server is away, what follows may be late: no route[2J',
    'the API server is back',
    'the API server is away, what follows may be late: again',
  ]);
});
