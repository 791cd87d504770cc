import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ObservationBook, type ObservedObject } from '../../src/cli/observe/observation-book.ts';
import { renderReport, summarise } from '../../src/cli/observe/report.ts';
import { untilSettled } from '../../src/cli/observe/until-settled.ts';
import { kustomization, manifest } from './support/resources.ts';
import { type Loop, startLoop } from './support/start-loop.ts';

const configMap = (name: string, color: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: default\ndata:\n  color: ${color}\n`;

let loop: Loop;

beforeAll(async () => {
  loop = await startLoop({
    images: { web: ['1.0.0', '1.1.0'] },
    files: (host) => ({
      'apps/web.yaml': manifest('web', `${host}/web:1.0.0`),
      'config/kept.yaml': configMap('kept', 'blue'),
      'config/going.yaml': configMap('going', 'red'),
    }),
    extra: [kustomization('./config', {}, 'config')],
  });
  await loop.lands('apps/web.yaml', ':1.1.0');
  await loop.settles();
  await loop.ready('Kustomization', 'config');
  await loop.stopApp();
});
afterAll(() => loop?.[Symbol.asyncDispose]());

let looks = 0;

/** What a process of its own finds that only observes; its requests to the API come along. */
async function observe(): Promise<{ seen: readonly ObservedObject[]; writes: string[] }> {
  looks += 1;
  const book = new ObservationBook();
  loop.controlPlane.requests.clear();
  const app = await loop.startApp({ observed: book.take, stateFolder: join(loop.folder, `observer-${looks}`) });
  await untilSettled(app.engine, loop.clock, AbortSignal.timeout(20_000));
  const { seen, waiting } = book.objects(app.engine);
  await loop.stopApp();
  expect(waiting).toBe(0);
  const writes = loop.controlPlane.requests.filter(({ method, path }) => method !== 'GET' && !path.includes('dryRun=All'));
  return { seen, writes: writes.map(({ method, path }) => `${method} ${path}`) };
}

const differencesOf = (seen: readonly ObservedObject[]) =>
  seen.flatMap(({ kind, name, differences }) =>
    differences.map((one) => `${kind} ${name} ${one.kind}: ${one.subject ?? ''} ${one.message}`),
  );

test('beside what works there is no difference, and nothing is written', async () => {
  const { seen, writes } = await observe();
  expect(differencesOf(seen)).toEqual([]);
  expect(seen.map(({ kind }) => kind)).toEqual([
    'GitRepository',
    'ImagePolicy',
    'ImageRepository',
    'ImageUpdateAutomation',
    'Kustomization',
    'Rollout',
  ]);
  expect(writes).toEqual([]);
});

const color = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'kept' };

test('each kind of difference is told; nothing is written', async () => {
  await loop.registry.pushTag('web', '1.2.0');
  await loop.cluster.patch(color, { data: { color: 'green' } }, { type: 'merge', fieldManager: 'kubectl-edit' });
  const status = { history: [{ ...historyOf(await loop.get('Kustomization', 'config')), digest: 'sha256:00' }] };
  await loop.cluster.patch(
    { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace: 'default', name: 'config' },
    { status },
    { type: 'merge', subresource: 'status' },
  );
  await loop.patch('ImageRepository', 'web', { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'scan' } } });
  const { seen, writes } = await observe();
  expect(writes).toEqual([]);
  const told = differencesOf(seen).join('\n');
  expect(told).toMatch(/ImageRepository web listing: {2}lists 3 tags; status has 2/);
  expect(told).toMatch(/ImagePolicy web selection: {2}would pick \S+:1\.2\.0; status has \S+:1\.1\.0/);
  expect(told).toMatch(/Kustomization config build: .* builds sha256:\w+; status.history has sha256:00/);
  expect(told).toContain('Kustomization config apply: ConfigMap/default/kept would be configured: data.color');
  expect((await loop.cluster.get(color))?.['data']).toEqual({ color: 'green' });
});

test('a file that left git is a prune, a marker that somebody wrote back is an edit or a hold, and suspended objects are left aside', async () => {
  await loop.person.pull();
  await loop.person.remove('config/going.yaml');
  await loop.person.edit('apps/web.yaml', (text) => text.replace('1.1.0', '1.0.0'));
  const head = await loop.person.commitAndPush('Take it back by hand');
  // As its controller leaves it that has stored the revision, before the others have come to it.
  const source = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository', namespace: 'default', name: 'fleet' };
  const artifact = { ...((await loop.cluster.get(source))?.['status'] as { artifact: object }) }.artifact;
  const stored = { status: { artifact: { ...artifact, revision: `main@sha1:${head}` } } };
  await loop.cluster.patch(source, stored, { type: 'merge', subresource: 'status' });
  await loop.patch('ImageRepository', 'web', { spec: { suspend: true } });
  const { seen } = await observe();
  const told = differencesOf(seen).join('\n');
  expect(told).toContain('Kustomization config prune: ConfigMap/default/going would be deleted');
  expect(told).toMatch(/ImageUpdateAutomation fleet hold: apps\/web.yaml:\d+ would leave .* is held at/);
  expect(seen.find(({ kind }) => kind === 'ImageRepository')?.aside).toBe('it is suspended');
  expect(await loop.cluster.get({ ...color, name: 'going' })).not.toBeNull();
  expect(await loop.main.head()).toBe(head);
});

test('the text names what differs and counts the rest; hostile text drives no terminal', () => {
  const object = { kind: 'Kustomization', namespace: 'a', name: 'b' };
  const objects: ObservedObject[] = [
    { ...object, plan: 'would apply', differences: [{ kind: 'apply', subject: 'ConfigMap/a/c', message: 'evil\u001b[31m' }] },
    { ...object, name: 'c', plan: 'x', differences: [] },
    { ...object, name: 'd', aside: 'it is suspended', differences: [] },
  ];
  const report = { round: 1, at: '', final: false, objects, summary: summarise(objects, 0), unread: [], everDiffered: [] };
  expect(renderReport(report)).toBe(
    'round 1: 3 objects observed, 1 agree, 1 differ, 1 are left aside; nothing was written\n' +
      '✗ Kustomization/a/b\n    apply       ConfigMap/a/c: evil[31m\n- Kustomization/a/d: it is suspended',
  );
});

function historyOf(object: Awaited<ReturnType<Loop['get']>>): object {
  return (object['status'] as { history: object[] }).history[0] ?? {};
}
