import { expect, test } from 'vitest';
import { manifestDigest, normaliseObject, withCommonMetadata, withOwnerLabels } from '../../src/apply/index.ts';
import { object, owner, ownerLabels } from './objects.ts';

const podSpec = { containers: [{ name: 'app', ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }] }] };
const normalPodSpec = {
  containers: [
    {
      resources: {},
      name: 'app',
      ports: [
        { containerPort: 80, protocol: 'TCP' },
        { containerPort: 53, protocol: 'UDP' },
      ],
    },
  ],
};

test.for([
  { because: 'a Pod', sentence: 'v1 Pod web/a', given: podSpec, spec: normalPodSpec },
  {
    because: 'a Deployment, with the strategy that a typed client sends',
    sentence: 'apps/v1 Deployment web/a',
    given: { template: { spec: podSpec } },
    spec: { strategy: {}, template: { spec: normalPodSpec } },
  },
  {
    because: 'a StatefulSet, with its update strategy kept',
    sentence: 'apps/v1 StatefulSet web/a',
    given: { updateStrategy: { type: 'OnDelete' }, template: { spec: podSpec } },
    spec: { updateStrategy: { type: 'OnDelete' }, template: { spec: normalPodSpec } },
  },
  {
    because: 'a CronJob',
    sentence: 'batch/v1 CronJob web/a',
    given: { jobTemplate: { spec: { template: { spec: podSpec } } } },
    spec: { jobTemplate: { spec: { template: { spec: normalPodSpec } } } },
  },
  {
    because: 'a Service',
    sentence: 'v1 Service web/a',
    given: { ports: [{ port: 80 }] },
    spec: { ports: [{ port: 80, protocol: 'TCP' }] },
  },
  {
    because: 'a resource of somebody else’s kind is left alone',
    sentence: 'serving.example/v1 Service web/a',
    given: { ports: [{ port: 80 }], nothing: null },
    spec: { ports: [{ port: 80 }], nothing: null },
  },
])('ports get their default protocol: $because', ({ sentence, given, spec }) => {
  expect(normaliseObject(object(sentence, { spec: given }))['spec']).toEqual(spec);
});

test('stringData is written into data and wins there', () => {
  const secret = object('v1 Secret web/s', { data: { a: 'eA==', b: 'eQ==' }, stringData: { b: 'größe', c: '' } });
  expect(normaliseObject(secret)).toEqual(object('v1 Secret web/s', { data: { a: 'eA==', b: 'Z3LDtsOfZQ==', c: '' } }));
});

test.for([
  { because: 'status says nothing', sentence: 'apps/v1 Deployment web/a', keeps: false },
  {
    because: 'the status of a definition is kept',
    sentence: 'apiextensions.k8s.io/v1 CustomResourceDefinition a.example',
    keeps: true,
  },
])('$because', ({ sentence, keeps }) => {
  expect('status' in normaliseObject(object(sentence, { status: { a: 1 } }))).toBe(keeps);
});

test('creationTimestamp and managedFields are not sent', () => {
  const exported = object('v1 ConfigMap web/a', {}, { creationTimestamp: null, managedFields: [] });
  expect(normaliseObject(exported).metadata).toEqual({ namespace: 'web', name: 'a' });
});

test('nulls go from built-in kinds, but not the rules of a role, which mean "none"', () => {
  expect(normaliseObject(object('v1 ConfigMap web/a', { data: null }))).not.toHaveProperty('data');
  expect(normaliseObject(object('rbac.authorization.k8s.io/v1 Role web/a', { rules: null }))).toHaveProperty('rules', null);
});

test('the object handed in stays as it is', () => {
  const given = object('v1 Secret web/s', { stringData: { a: 'x' }, status: {} });
  const before = structuredClone(given);
  normaliseObject(given);
  withOwnerLabels(given, owner);
  expect(given).toEqual(before);
});

test('normalising twice is normalising once', () => {
  const once = normaliseObject(object('apps/v1 Deployment web/a', { spec: { template: { spec: podSpec } } }));
  expect(normaliseObject(once)).toEqual(once);
});

test('owner labels join the object’s own', () => {
  expect(withOwnerLabels(object('v1 ConfigMap web/a', {}, { labels: { app: 'web' } }), owner).metadata.labels).toEqual({
    app: 'web',
    ...ownerLabels,
  });
});

test('common metadata wins over the manifest, never over the owner labels', () => {
  const mine = withOwnerLabels(object('v1 ConfigMap web/a', {}, { labels: { app: 'web' } }), owner);
  const common = { labels: { app: 'shop', 'kustomize.toolkit.fluxcd.io/name': 'other' }, annotations: { a: 'b' } };
  expect(withCommonMetadata(mine, common).metadata).toMatchObject({
    labels: { app: 'shop', ...ownerLabels },
    annotations: { a: 'b' },
  });
});

test('a digest does not depend on the order of fields, and does on every value', () => {
  const digest = manifestDigest(object('v1 ConfigMap web/a', { data: { a: '1', b: '2' } }));
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(manifestDigest(object('v1 ConfigMap web/a', { data: { b: '2', a: '1' } }))).toBe(digest);
  expect(manifestDigest(object('v1 ConfigMap web/a', { data: { a: '1', b: 2 } }))).not.toBe(digest);
});
