import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { imageRepository } from './support/resources.ts';
import { conditionOf, type Loop, type LoopKind, refTo, startLoop } from './support/start-loop.ts';

const kinds: readonly { kind: LoopKind; name: string }[] = [
  { kind: 'GitRepository', name: 'fleet' },
  { kind: 'ImageRepository', name: 'web' },
  { kind: 'ImagePolicy', name: 'web' },
  { kind: 'ImageUpdateAutomation', name: 'fleet' },
];

type Common = { observedGeneration: number; lastHandledReconcileAt?: string };
const statusOf = (object: KubeObject) => object['status'] as Common;

describe('every kind keeps Flux’s manners', () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await startLoop();
    await loop.settles();
  });
  afterAll(() => loop[Symbol.asyncDispose]());

  test.for(kinds)('$kind: a finalizer, the generation observed, no condition left over', async ({ kind, name }) => {
    const object = await loop.get(kind, name);
    expect(object.metadata.finalizers).toEqual(['finalizers.fluxcd.io']);
    expect(statusOf(object).observedGeneration).toBe(object.metadata.generation);
    expect(conditionOf(object, 'Reconciling')).toBeUndefined();
    expect(conditionOf(object, 'Stalled')).toBeUndefined();
  });

  test.for(kinds)('$kind: a changed spec is observed', async ({ kind, name }) => {
    const { metadata } = await loop.get(kind, name);
    const patch = kind === 'ImagePolicy' ? { policy: { semver: { range: '>=1.0.0' } } } : { interval: '2h' };
    await loop.patch(kind, name, { spec: patch });
    await loop.until('the new generation', async () => {
      const object = await loop.get(kind, name);
      return statusOf(object).observedGeneration === (metadata.generation ?? 0) + 1;
    });
  });

  test.for(kinds)('$kind: suspended it acknowledges a request and does nothing else', async ({ kind, name }) => {
    await loop.patch(kind, name, { spec: { suspend: true } });
    await loop.rests();
    const before = await loop.get(kind, name);
    const asked = [loop.registry.requests.length, loop.gitHost.requests.length];
    const after = await loop.request(kind, name);
    expect({ ...(after['status'] as object), lastHandledReconcileAt: null }).toEqual({
      ...(before['status'] as object),
      lastHandledReconcileAt: null,
    });
    expect([loop.registry.requests.length, loop.gitHost.requests.length]).toEqual(asked);
    await loop.patch(kind, name, { spec: { suspend: false } });
    await loop.ready(kind, name);
  });

  test.for(kinds)('$kind: the status belongs to the Flux controller of the kind', async ({ kind, name }) => {
    const managers = ((await loop.get(kind, name)).metadata.managedFields ?? []).filter(
      ({ subresource }) => subresource === 'status',
    );
    const expected =
      kind === 'GitRepository' ? 'source' : kind === 'ImageUpdateAutomation' ? 'image-automation' : 'image-reflector';
    expect(managers.map(({ manager }) => manager)).toEqual([`${expected}-controller`]);
  });
});

test('a request is acknowledged also by a run that fails', async () => {
  await using loop = await startLoop();
  await loop.settles();
  loop.registry.setFault({ kind: 'status', status: 404 });
  const failed = await loop.request('ImageRepository', 'web');
  expect(conditionOf(failed, 'Ready')?.status).toBe('False');
  expect(conditionOf(failed, 'Reconciling')).toMatchObject({ status: 'True', reason: 'ProgressingWithRetry' });
  expect(statusOf(failed).lastHandledReconcileAt).toBe(failed.metadata.annotations?.['reconcile.fluxcd.io/requestedAt']);
});

test('deleted objects go, with what was kept for them', async () => {
  await using loop = await startLoop();
  await loop.settles();
  const app = await loop.stopApp().then(() => loop.startApp());
  await loop.settles();
  expect(await app.store.list('tags/')).toEqual(['tags/default/web.json']);
  for (const { kind, name } of kinds) await loop.delete(kind, name);
  for (const { kind, name } of kinds)
    await loop.until(`${kind} to go`, async () => (await loop.cluster.get(refTo(kind, name))) === null);
  expect(await app.store.list('tags/')).toEqual([]);
  expect(await app.store.list('automations/')).toEqual([]);
});

test('an object that was deleted while the bot was away goes when it is back', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await loop.stopApp();
  await loop.delete('ImageRepository', 'web');
  expect((await loop.get('ImageRepository', 'web')).metadata.deletionTimestamp).toBeDefined();
  await loop.startApp();
  await loop.until('it to go', async () => (await loop.cluster.get(refTo('ImageRepository', 'web'))) === null);
});

test('a repository that is made again is scanned again', async () => {
  await using loop = await startLoop({ source: null, automation: null });
  await loop.ready('ImagePolicy', 'web');
  await loop.delete('ImageRepository', 'web');
  await loop.until('it to go', async () => (await loop.cluster.get(refTo('ImageRepository', 'web'))) === null);
  const missing = await loop.ready('ImagePolicy', 'web', 'False');
  expect(missing.reason).toBe('DependencyNotReady');
  expect(missing.message).toContain('imagerepositories.image.toolkit.fluxcd.io "web" not found');
  await loop.registry.pushTag('web', '1.3.0');
  await loop.apply(imageRepository(`${loop.registry.host}/web`));
  await loop.until('1.3.0', async () => (await loop.ready('ImagePolicy', 'web')).message.includes('resolved to 1.3.0'));
});

describe('what is not there yet stalls, naming the path', () => {
  let loop: Loop;
  beforeAll(async () => {
    loop = await startLoop({ source: null, repository: null, policy: null, automation: null });
  });
  afterAll(() => loop[Symbol.asyncDispose]());

  test.for<{ path: string; kind: LoopKind; make: (name: string) => KubeObject }>([
    {
      path: 'spec.verify.provider',
      kind: 'OCIRepository',
      make: (name) => ({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'OCIRepository',
        metadata: { name, namespace: 'default' },
        spec: {
          url: 'oci://127.0.0.1:1/manifests',
          interval: '1h',
          verify: { provider: 'notation', secretRef: { name: 'trust' } },
        },
      }),
    },
  ])('$kind: $path', async ({ path, kind, make }) => {
    await loop.apply(make('gap'));
    const ready = await loop.ready(kind, 'gap', 'False');
    expect(ready.reason).toBe('NotImplemented');
    expect(ready.message).toContain(path);
    const object = await loop.get(kind, 'gap');
    expect(conditionOf(object, 'Stalled')).toMatchObject({ reason: 'NotImplemented', message: ready.message });
    expect(statusOf(object).observedGeneration).toBe(object.metadata.generation);
  });
});

test('events carry the annotations meant for them, and news is told once', async () => {
  const annotations = { 'event.toolkit.fluxcd.io/team': 'shop', 'example.com/other': 'x' };
  await using loop = await startLoop({ automation: { metadata: { annotations } } });
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  await loop.lands('apps/web.yaml', ':1.1.0');
  await loop.settles();
  for (const { kind, name } of kinds) await loop.request(kind, name);
  await loop.stopApp(); // all events are out
  const { items } = await loop.cluster.list({ group: '', version: 'v1', kind: 'Event' }, { namespace: 'default' });
  const told = items.map((event) => {
    const { kind } = event['involvedObject'] as { kind: string };
    return { kind, type: event['type'], count: event['count'], message: String(event['message']).split('\n')[0] };
  });
  expect(told.filter(({ count }) => count !== 1)).toEqual([]);
  const pushes = told.filter(({ message }) => message?.startsWith('pushed commit'));
  expect(pushes).toHaveLength(1);
  const push = items.find(({ message }) => String(message).startsWith('pushed commit'));
  expect(push?.metadata.annotations).toEqual({ 'event.toolkit.fluxcd.io/team': 'shop' });
  expect(push).toMatchObject({ type: 'Normal', reason: 'Succeeded', source: { component: 'image-automation-controller' } });
});
