import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { KubeObject } from '../../src/core/index.ts';
import { gitRepository, imagePolicy, imageRepository, imageUpdateAutomation } from '../journeys/support/resources.ts';
import { condition, type Home, openHome } from './support/open-home.ts';
import { runInProcess } from './support/run-tagalong.ts';

const oid = '0123456789abcdef0123456789abcdef01234567';
const system = { metadata: { namespace: 'flux-system' } };
const withStatus = (object: KubeObject, status: object): KubeObject => ({ ...object, status });
const ready = (message: string) => [condition('Ready', 'True', 'Succeeded', message)];

function kustomization(name: string, namespace: string, status?: object): KubeObject {
  const spec = { interval: '1h', path: './apps', prune: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } };
  const object = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace, labels: { app: name } },
    spec,
  };
  return status === undefined ? object : { ...object, status };
}

const held = `example.com/web:1.1.0 is held at apps/web.yaml (Deployment apps/web, spec.image; policy flux-system/web): Ann changed it from example.com/web:1.1.0 to example.com/web:1.0.0 in abcdef0 (Revert "Bump"); a newer tag goes on by itself; \`tagalong release web -n flux-system\` lands this one`;

const objects: readonly KubeObject[] = [
  withStatus(gitRepository('http://example.com/fleet.git', system), {
    observedGeneration: 1,
    artifact: {
      revision: `main@sha1:${oid}`,
      digest: `sha256:${oid}`,
      url: 'http://x',
      path: 'x',
      lastUpdateTime: '2026-01-01T00:00:00Z',
    },
    conditions: ready(`stored artifact for revision 'main@sha1:${oid}'`),
  }),
  kustomization('apps', 'flux-system', {
    observedGeneration: 1,
    lastAppliedRevision: `main@sha1:${oid}`,
    conditions: ready(`Applied revision: main@sha1:${oid}`),
  }),
  kustomization('broken', 'flux-system', {
    observedGeneration: 1,
    conditions: [condition('Ready', 'False', 'BuildFailed', 'apps/web.yaml:3: no\nsecond line')],
  }),
  kustomization('other', 'apps'),
  withStatus(imageRepository('example.com/web', system), {
    lastScanResult: { tagCount: 3, revision: '1', scanTime: '2026-01-01T12:00:00Z', latestTags: ['1.0.0'] },
    conditions: ready('successful scan: found 3 tags with checksum 1'),
  }),
  withStatus(imagePolicy('web', system), {
    latestRef: { name: 'example.com/web', tag: '1.0.0' },
    conditions: ready('Latest image tag for example.com/web resolved to 1.0.0'),
  }),
  withStatus(imageUpdateAutomation({ ...system, spec: { suspend: true } }), {
    lastAutomationRunTime: '2026-01-01T12:00:00Z',
    conditions: [...ready('repository up-to-date'), condition('Held', 'True', 'Reverted', `${held}\n… and 2 more`)],
  }),
];

let home: Home;
beforeAll(async () => {
  home = await openHome();
  await home.put(...objects);
});
afterAll(() => home[Symbol.asyncDispose]());

test.for([
  ['get', 'all'],
  ['get', 'sources', 'git'],
  ['get', 'sources', 'all'],
  ['get', 'kustomizations'],
  ['get', 'kustomizations', '-A'],
  ['get', 'ks', 'apps', '--show-source'],
  ['get', 'ks', '--no-header'],
  ['get', 'images', 'all'],
  ['get', 'images', 'all', '-A'],
  ['get', 'image', 'repository', 'web'],
  ['get', 'images', 'policy'],
  ['get', 'images', 'update'],
])('%j prints flux’s table', async (args) => {
  const { code, stdout, stderr } = await home.run(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await expect(stdout).toMatchFileSnapshot(`golden/${args.join(' ').replaceAll(/ -*/g, '-')}.txt`);
});

const names = (stdout: string) =>
  stdout
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split('\t')[0]?.trim())
    .filter((name) => name !== '');

test.for([
  { because: 'labels', args: ['-l', 'app=apps'], found: ['apps'] },
  { because: 'a condition', args: ['--status-selector', 'ready=false'], found: ['broken'] },
  {
    because: 'a condition that is something else, or absent',
    args: ['--status-selector', 'Ready!=True', '-A'],
    found: ['apps', 'flux-system'],
  },
])('objects are chosen by $because', async ({ args, found }) => {
  const { stdout } = await home.run('get', 'ks', ...args);
  expect(names(stdout)).toEqual(found);
});

test.for([
  {
    because: 'a name that is not there',
    args: ['get', 'ks', 'gone'],
    says: '✗ kustomizations.kustomize.toolkit.fluxcd.io "gone" not found in "flux-system" namespace\n',
  },
  {
    because: 'a name that is nowhere',
    args: ['get', 'ks', 'gone', '-A'],
    says: '✗ kustomizations.kustomize.toolkit.fluxcd.io "gone" not found in any namespace\n',
  },
  {
    because: 'a kind without objects',
    args: ['get', 'images', 'policy', '-n', 'apps'],
    says: `✗ no ImagePolicy objects found in "apps" namespace\n`,
  },
])('$because ends with 1 and says so', async ({ args, says }) => {
  expect(await home.run(...args)).toEqual({ code: 1, stdout: '', stderr: says });
});

test('the namespace comes from the environment where none is given', async () => {
  const { stdout } = await runInProcess(['get', 'ks', '--kubeconfig', home.kubeconfig], { FLUX_SYSTEM_NAMESPACE: 'apps' });
  expect(names(stdout)).toEqual(['other']);
});

test('the kubeconfig comes from the environment, and options may stand before the command', async () => {
  const { stdout } = await runInProcess(['-n', 'apps', 'get', '--timeout', '9s', 'ks'], {
    KUBECONFIG: `/nonexistent/x:${home.kubeconfig}`,
  });
  expect(names(stdout)).toEqual(['other']);
});

test.for(['json', 'yaml'])('-o %s prints a List of objects without managedFields', async (format) => {
  const { stdout } = await home.run('get', 'ks', '-A', '-o', format);
  const list = parse(stdout) as { kind: string; items: KubeObject[] };
  const seen = list.items.map(({ kind, metadata }) => [kind, metadata.namespace, metadata.name, metadata.managedFields]);
  expect([list.kind, ...seen]).toEqual([
    'List',
    ['Kustomization', 'apps', 'other', undefined],
    ['Kustomization', 'flux-system', 'apps', undefined],
    ['Kustomization', 'flux-system', 'broken', undefined],
  ]);
});

test('-o json of a name prints that object, of several kinds one List, of none an empty one', async () => {
  const [one, all, none] = await Promise.all(
    [['ks', 'apps'], ['all'], ['images', 'all', '-n', 'apps']].map(async (args) =>
      JSON.parse((await home.run('get', ...args, '-o', 'json')).stdout),
    ),
  );
  expect([one.kind, all.items.length, none]).toEqual(['Kustomization', 6, { apiVersion: 'v1', kind: 'List', items: [] }]);
});

test('get holds shows who took back what, in which commit', async () => {
  const { code, stdout, stderr } = await home.run('get', 'holds', '-A');
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'fleet: … and 2 more\n' });
  await expect(stdout).toMatchFileSnapshot('golden/get-holds.txt');
});

test('get holds -o json has each hold in parts', async () => {
  const holds = JSON.parse((await home.run('get', 'holds', '-o', 'json')).stdout);
  expect(holds).toEqual([
    expect.objectContaining({
      ...{
        namespace: 'flux-system',
        automation: 'fleet',
        policy: 'flux-system/web',
        file: 'apps/web.yaml',
        value: 'example.com/web:1.1.0',
      },
      ...{ current: 'example.com/web:1.0.0', by: { commit: 'abcdef0', author: 'Ann', subject: 'Revert "Bump"' } },
    }),
    { namespace: 'flux-system', automation: 'fleet', message: '… and 2 more' },
  ]);
});

test('where nothing is held, get holds says so and has no rows', async () => {
  expect(await home.run('get', 'holds', '-n', 'apps')).toEqual({ code: 0, stdout: '', stderr: 'nothing is held\n' });
});

test('a server that is away is named, and ends with 1', async () => {
  const path = `${home.kubeconfig}-away`;
  await writeFile(
    path,
    'clusters: [{name: a, cluster: {server: "http://127.0.0.1:1"}}]\ncontexts: [{name: a, context: {cluster: a, user: ""}}]\ncurrent-context: a\nusers: []\n',
  );
  const answers = await Promise.all([['get', 'all'], ['watch']].map((args) => runInProcess([...args, '--kubeconfig', path])));
  expect(
    answers.map(({ code, stdout, stderr }) => [code, stdout, stderr.startsWith('✗ ') && stderr.includes('127.0.0.1:1')]),
  ).toEqual([
    [1, '', true],
    [1, '', true],
  ]);
});
