import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  decidePrune,
  difference,
  entryOf,
  inventoryId,
  inventoryOf,
  parseInventoryId,
  pruneBudget,
  pruneOrder,
  refOfEntry,
  union,
} from '../../src/apply/index.ts';
import { object, owner, ownerLabels } from './objects.ts';

test.for([
  { because: 'an object of the core group', sentence: 'v1 ConfigMap default/app', id: 'default_app__ConfigMap' },
  { because: 'an object of a group', sentence: 'apps/v1 Deployment default/web', id: 'default_web_apps_Deployment' },
  { because: 'a cluster-scoped object', sentence: 'v1 Namespace web', id: '_web__Namespace' },
  {
    because: 'a name with dots',
    sentence: 'apiextensions.k8s.io/v1 CustomResourceDefinition a.b.example',
    id: '_a.b.example_apiextensions.k8s.io_CustomResourceDefinition',
  },
  {
    because: 'a role with colons',
    sentence: 'rbac.authorization.k8s.io/v1 ClusterRole system:web:reader',
    id: '_system__web__reader_rbac.authorization.k8s.io_ClusterRole',
  },
  {
    because: 'a role with an underscore',
    sentence: 'rbac.authorization.k8s.io/v1 Role web/a_b',
    id: 'web_a_b_rbac.authorization.k8s.io_Role',
  },
])('$because is $id, and back', ({ sentence, id }) => {
  const entry = entryOf(object(sentence));
  const { apiVersion, kind, metadata } = object(sentence);
  expect(entry).toEqual({ id, v: apiVersion.split('/').at(-1) });
  const ref = refOfEntry(entry);
  expect(ref).toMatchObject({ kind, name: metadata.name });
  expect(ref === null ? null : inventoryId(ref)).toBe(id);
});

test.for(['', 'web', 'default_web', 'default_web_apps', '___', '_web_apps_'])('%o is not an id', (id) => {
  expect(parseInventoryId(id)).toBeNull();
});

test('an inventory has the order of applying and each object once', () => {
  const objects = ['apps/v1 Deployment default/web', 'v1 Secret default/s', 'v1 ConfigMap default/config', 'v1 Secret default/s'];
  expect(inventoryOf(objects.map((sentence) => object(sentence)))).toEqual([
    { id: 'default_config__ConfigMap', v: 'v1' },
    { id: 'default_s__Secret', v: 'v1' },
    { id: 'default_web_apps_Deployment', v: 'v1' },
  ]);
});

const [a1, a2, b] = [
  { id: 'web_a__ConfigMap', v: 'v1' },
  { id: 'web_a__ConfigMap', v: 'v2' },
  { id: 'web_b__ConfigMap', v: 'v1' },
] as const;

test('a union has the planned version of what both have', () => {
  expect(union([a1, b], [a2])).toEqual([a2, b]);
});

test('another version is the same object: nothing became stale', () => {
  expect(difference([a1, b], [a2])).toEqual([b]);
});

test('pruning goes backwards', () => {
  const entries = inventoryOf(
    ['v1 Namespace web', 'apps/v1 Deployment web/a', 'v1 ConfigMap web/a', 'example.com/v1 Widget web/a'].map((s) => object(s)),
  );
  expect(pruneOrder([{ id: 'broken', v: '' }, ...entries]).map(({ id }) => id)).toEqual([
    'web_a_example.com_Widget',
    'web_a_apps_Deployment',
    'web_a__ConfigMap',
    '_web__Namespace',
    'broken',
  ]);
});

const noHandovers = new Map<string, string>();
const self = { namespace: 'flux-system', deployment: 'tagalong' };
const mine = { labels: ownerLabels, uid: 'u1' };

test.for([
  { because: 'it carries our labels', sentence: 'v1 ConfigMap web/a', metadata: mine, does: 'delete' },
  { because: 'it carries no labels', sentence: 'v1 ConfigMap web/a', metadata: {}, does: 'skip' },
  {
    because: 'another Kustomization’s labels are on it',
    sentence: 'v1 ConfigMap web/a',
    metadata: { labels: { ...ownerLabels, 'kustomize.toolkit.fluxcd.io/name': 'other' } },
    does: 'skip',
  },
  {
    because: 'pruning is disabled by an annotation',
    sentence: 'v1 ConfigMap web/a',
    metadata: { ...mine, annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'Disabled' } },
    does: 'skip',
  },
  {
    because: 'pruning is disabled by a label',
    sentence: 'v1 ConfigMap web/a',
    metadata: { labels: { ...ownerLabels, 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } },
    does: 'skip',
  },
  {
    because: 'reconciling is disabled',
    sentence: 'v1 ConfigMap web/a',
    metadata: { ...mine, annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } },
    does: 'skip',
  },
  {
    because: 'it is ignored',
    sentence: 'v1 ConfigMap web/a',
    metadata: { ...mine, annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'ignore' } },
    does: 'skip',
  },
  {
    because: 'merging does not keep it',
    sentence: 'v1 ConfigMap web/a',
    metadata: { ...mine, annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' } },
    does: 'delete',
  },
  { because: 'it is our own namespace', sentence: 'v1 Namespace flux-system', metadata: mine, does: 'skip' },
  { because: 'it is another namespace', sentence: 'v1 Namespace web', metadata: mine, does: 'delete' },
  { because: 'it is our own Deployment', sentence: 'apps/v1 Deployment flux-system/tagalong', metadata: mine, does: 'skip' },
  {
    because: 'it defines a kind of Flux’s groups',
    sentence: 'apiextensions.k8s.io/v1 CustomResourceDefinition imagepolicies.image.toolkit.fluxcd.io',
    metadata: mine,
    does: 'skip',
  },
  {
    because: 'it defines a kind of our group',
    sentence: 'apiextensions.k8s.io/v1 CustomResourceDefinition rollouts.tagalong.dev',
    metadata: mine,
    does: 'skip',
  },
  {
    because: 'it defines somebody’s kind',
    sentence: 'apiextensions.k8s.io/v1 CustomResourceDefinition widgets.example.com',
    metadata: mine,
    does: 'delete',
  },
])('$does, because $because', ({ sentence, metadata, does }) => {
  const live = object(sentence, {}, metadata);
  expect(decidePrune(entryOf(live), live, { owner, handovers: noHandovers, self }).do).toBe(does);
});

test('what is gone is gone', () => {
  expect(decidePrune(a1, null, { owner, handovers: noHandovers })).toMatchObject({ do: 'gone' });
});

test('what another Kustomization renders is handed over, whatever its labels are now', () => {
  const live = object('v1 ConfigMap web/a', {}, mine);
  const decision = decidePrune(a1, live, { owner, handovers: new Map([[a1.id, 'flux-system/shop']]) });
  expect(decision).toEqual({ do: 'handOver', because: 'ConfigMap/web/a belongs to flux-system/shop from now on' });
});

test('a delete names the object it means by its uid', () => {
  const live = object('v1 ConfigMap web/a', {}, mine);
  expect(decidePrune(a1, live, { owner, handovers: noHandovers })).toMatchObject({
    do: 'delete',
    uid: 'u1',
    ref: { kind: 'ConfigMap', name: 'a' },
  });
});

const many = (count: number, prefix = 'a') =>
  Array.from({ length: count }, (_, index) => ({ id: `web_${prefix}${index}__ConfigMap`, v: 'v1' }));

test.for([
  { because: 'half of ten', old: 10, stale: 5, does: 'proceed' },
  { because: 'more than half of ten', old: 10, stale: 6, does: 'confirm' },
  { because: 'more than half of eleven', old: 11, stale: 6, does: 'confirm' },
  { because: 'all of nine', old: 9, stale: 9, does: 'confirm' },
  { because: 'all but one of nine', old: 9, stale: 8, does: 'proceed' },
  { because: 'the only one', old: 1, stale: 1, does: 'confirm' },
  { because: 'nothing of nothing', old: 0, stale: 0, does: 'proceed' },
])('losing $because: $does', ({ old, stale, does }) => {
  expect(pruneBudget(many(old), many(stale)).do).toBe(does);
});

test('a renamed object is not a loss: a generated ConfigMap changes its name with its content', () => {
  expect(pruneBudget(many(1), many(1), { added: many(1, 'b') })).toEqual({ do: 'proceed' });
  expect(pruneBudget(many(10), many(7), { added: many(1, 'b') }).do).toBe('confirm');
});

test('a new object of another kind does not make up for a lost one', () => {
  expect(pruneBudget(many(1), many(1), { added: [{ id: 'web_a__Secret', v: 'v1' }] }).do).toBe('confirm');
});

test('a pruned Kustomization counts with all that it would take along', () => {
  const child = { id: 'flux-system_child_kustomize.toolkit.fluxcd.io_Kustomization', v: 'v1' };
  const old = [...many(5), child];
  expect(pruneBudget(old, [child]).do).toBe('proceed');
  expect(pruneBudget(old, [child], { takesAlong: new Map([[child.id, 40]]) })).toEqual({
    do: 'confirm',
    because: '41 of 46 objects would be deleted',
  });
});

test('a namespace that still holds something needs a confirmation, however small the share', () => {
  const web = { id: '_web__Namespace', v: 'v1' };
  const budget = pruneBudget([...many(20), web], [web], { holding: new Map([[web.id, '3 Pods']]) });
  expect(budget).toEqual({ do: 'confirm', because: 'Namespace/web still holds 3 Pods; deleting it would delete that too' });
});

test('inventories that Flux wrote are understood', () => {
  const recorded = JSON.parse(readFileSync(new URL('./fixtures/flux-inventory.json', import.meta.url), 'utf8'));
  for (const entry of recorded.entries) {
    const ref = refOfEntry(entry);
    expect(ref === null ? null : { id: inventoryId(ref), v: ref.version }).toEqual(entry);
  }
});
