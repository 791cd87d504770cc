import { expect, test } from 'vitest';
import { cleanupPatch, differs } from '../../src/apply/index.ts';
import { managed, object } from './objects.ts';

const live = (managedFields: unknown[], metadata = {}) =>
  object('apps/v1 Deployment web/a', {}, { resourceVersion: '7', managedFields, ...metadata });
const guard = { op: 'replace', path: '/metadata/resourceVersion', value: '7' };
const ours = managed('kustomize-controller', 'Apply', { 'f:spec': { 'f:replicas': {} } });

test.for([
  { manager: 'kubectl', operation: 'Apply' as const },
  { manager: 'kubectl-client-side-apply', operation: 'Update' as const },
  { manager: 'kubectl-edit', operation: 'Update' as const },
  { manager: 'before-first-apply', operation: 'Update' as const },
  { manager: 'kustomize-controller', operation: 'Update' as const },
])('fields of $manager ($operation) become ours', ({ manager, operation }) => {
  const theirs = managed(manager, operation, { 'f:spec': { 'f:paused': {} } });
  const value = [{ ...ours, fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:paused': {} } } }];
  expect(cleanupPatch(live([theirs, ours]))).toEqual([{ op: 'replace', path: '/metadata/managedFields', value }, guard]);
});

test('without an entry of ours the first one that is taken over becomes it', () => {
  const theirs = managed('kubectl-client-side-apply', 'Update', { 'f:spec': { 'f:paused': {} } });
  expect(cleanupPatch(live([theirs]))?.[0]?.value).toEqual([{ ...theirs, manager: 'kustomize-controller', operation: 'Apply' }]);
});

test.for([
  { because: 'it is a controller’s', entry: managed('kube-controller-manager', 'Update', { 'f:spec': {} }) },
  {
    because: 'it is of a subresource',
    entry: managed('kubectl', 'Update', { 'f:spec': { 'f:replicas': {} } }, { subresource: 'scale' }),
  },
  { because: 'it is another applier’s', entry: managed('before-first-apply', 'Apply', { 'f:spec': {} }) },
  {
    because: 'it only carries a message',
    entry: managed('kubectl-annotate', 'Update', {
      'f:metadata': { 'f:annotations': { 'f:reconcile.fluxcd.io/requestedAt': {} } },
    }),
  },
])('an entry is left alone: $because', ({ entry }) => {
  expect(cleanupPatch(live([entry, ours]))).toBeNull();
});

test('entries of others stay as they are, in their order, ours last', () => {
  const [hpa, kubectl] = [
    managed('hpa', 'Update', { 'f:spec': { 'f:replicas': {} } }),
    managed('kubectl', 'Update', { 'f:data': {} }),
  ];
  const value = cleanupPatch(live([ours, kubectl, hpa]))?.[0]?.value as { manager: string }[];
  expect(value.map(({ manager }) => manager)).toEqual(['hpa', 'kustomize-controller']);
});

test('a union keeps a field itself beside what is in it', () => {
  const whole = managed('kubectl', 'Update', { 'f:spec': { 'f:strategy': {}, 'f:template': { '.': {}, 'f:a': {} } } });
  const parts = managed('kustomize-controller', 'Apply', {
    'f:spec': { 'f:strategy': { 'f:type': {} }, 'f:template': { 'f:b': {} } },
  });
  const value = cleanupPatch(live([whole, parts]))?.[0]?.value as { fieldsV1: unknown }[];
  expect(value[0]?.fieldsV1).toEqual({
    'f:spec': { 'f:strategy': { '.': {}, 'f:type': {} }, 'f:template': { '.': {}, 'f:a': {}, 'f:b': {} } },
  });
});

test('what others leave in annotations and labels goes too', () => {
  const metadata = {
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
      'kustomize.toolkit.fluxcd.io/checksum': 'x',
      mine: '1',
    },
    labels: { 'fluxcd.io/sync-gc-mark': 'x' },
  };
  expect(cleanupPatch(live([ours], metadata))).toEqual([
    { op: 'remove', path: '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration' },
    { op: 'remove', path: '/metadata/annotations/kustomize.toolkit.fluxcd.io~1checksum' },
    { op: 'remove', path: '/metadata/labels/fluxcd.io~1sync-gc-mark' },
    guard,
  ]);
});

const base = object(
  'apps/v1 Deployment web/a',
  { spec: { replicas: 1 }, status: { ready: 1 } },
  { labels: { a: '1' }, resourceVersion: '1' },
);

test.for([
  { because: 'nothing', after: base, is: false },
  { because: 'the resourceVersion', after: { ...base, metadata: { ...base.metadata, resourceVersion: '2' } }, is: false },
  { because: 'the status', after: { ...base, status: {} }, is: false },
  { because: 'a finalizer', after: { ...base, metadata: { ...base.metadata, finalizers: ['x'] } }, is: false },
  { because: 'an empty map of annotations', after: { ...base, metadata: { ...base.metadata, annotations: {} } }, is: false },
  { because: 'a field that is null', after: { ...base, extra: null }, is: false },
  { because: 'a label', after: { ...base, metadata: { ...base.metadata, labels: { a: '2' } } }, is: true },
  { because: 'an annotation', after: { ...base, metadata: { ...base.metadata, annotations: { a: '2' } } }, is: true },
  { because: 'the spec', after: { ...base, spec: { replicas: 2 } }, is: true },
  { because: 'a field that is not spec', after: { ...base, data: { a: '1' } }, is: true },
])('$because differs: $is', ({ after, is }) => {
  expect(differs(base, after)).toBe(is);
});
