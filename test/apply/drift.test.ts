import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type DriftRules, decideDrift, driftRecord, emptyLedger, leaveReplicas, noteDrift } from '../../src/apply/index.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../src/core/index.ts';
import { managed, object, owner, ownerLabels } from './objects.ts';

const container = { 'k:{"name":"app"}': { '.': {}, 'f:name': {}, 'f:image': {} } };
const template = { 'f:template': { 'f:spec': { 'f:containers': container } } };
const fields = { 'f:metadata': { 'f:labels': { 'f:app': {} } }, 'f:spec': { 'f:replicas': {}, ...template } };
const manifest = object(
  'apps/v1 Deployment web/web',
  { spec: { replicas: 2, template: { spec: { containers: [{ name: 'app', image: 'web:1' }] } } } },
  { labels: { app: 'web' } },
);
const live = (managedFields: ManagedFieldsEntry[], metadata: Partial<KubeObject['metadata']> = {}) =>
  object('apps/v1 Deployment web/web', {}, { uid: 'u1', labels: { ...ownerLabels, app: 'web' }, managedFields, ...metadata });
const ours = (fieldsV1: Record<string, unknown> = fields) => managed('kustomize-controller', 'Apply', fieldsV1);
const rules: DriftRules = { fieldManager: 'kustomize-controller', owner, mode: { policy: 'manage', merge: false }, manifest };
const record = driftRecord(live([ours()]), 'kustomize-controller', 'sha256:m');
const scaled = ours({ ...fields, 'f:spec': template });
const scaler = managed('kubectl', 'Update', { 'f:spec': { 'f:replicas': {} } }, { subresource: 'scale' });
const patched = managed('patcher', 'Update', {
  'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:image': {} } } } } },
});
const unimaged = ours({
  ...fields,
  'f:spec': {
    'f:replicas': {},
    'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:name': {} } } } },
  },
});

test.for([
  { because: 'nothing happened', seen: live([ours()]), does: 'nothing' },
  {
    because: 'a controller wrote status',
    seen: live([
      ours(),
      managed('kube-controller-manager', 'Update', { 'f:status': { 'f:replicas': {} } }, { subresource: 'status' }),
    ]),
    does: 'nothing',
  },
  { because: 'the times of entries moved', seen: live([{ ...ours(), time: '2026-01-01T00:00:00Z' }]), does: 'nothing' },
  {
    because: 'somebody added a field that we do not set',
    seen: live([ours(), managed('argo', 'Update', { 'f:spec': { 'f:paused': {} } })]),
    does: 'nothing',
  },
  {
    because: 'the flux CLI asked for a reconcile',
    seen: live([
      ours(),
      managed('kubectl-annotate', 'Update', { 'f:metadata': { 'f:annotations': { 'f:reconcile.fluxcd.io/requestedAt': {} } } }),
    ]),
    does: 'nothing',
  },
  {
    because: 'one of our switches was set',
    seen: live([
      ours(),
      managed('kubectl-annotate', 'Update', { 'f:metadata': { 'f:annotations': { 'f:tagalong.dev/on-revert': {} } } }),
    ]),
    does: 'nothing',
  },
  {
    because: 'it is being deleted anyway',
    seen: live([scaled, scaler], { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    does: 'nothing',
  },
  { because: 'it was scaled by hand', seen: live([scaled, scaler]), does: 'correct' },
  { because: 'its image was changed', seen: live([unimaged, patched]), does: 'correct' },
  { because: 'our entry is gone', seen: live([scaler]), does: 'correct' },
  {
    because: 'somebody added a field with kubectl',
    seen: live([ours(), managed('kubectl-edit', 'Update', { 'f:spec': { 'f:paused': {} } })]),
    does: 'correct',
  },
  { because: 'it, or our label, is gone', seen: null, does: 'correct' },
  { because: 'our label is another’s now', seen: live([ours()], { labels: { app: 'web' } }), does: 'correct' },
  { because: 'it is another object of the same name', seen: live([ours()], { uid: 'u2' }), does: 'correct' },
])('$does, because $because', ({ seen, does }) => {
  expect(decideDrift(record, seen, rules).do).toBe(does);
});

test('without a record a dry run has to decide', () => {
  expect(decideDrift(null, live([ours()]), rules).do).toBe('unknown');
});

test.for([
  { because: 'it is ignored', policy: 'ignore' as const, seen: live([scaled, scaler]), does: 'nothing' },
  { because: 'it is ignored, even when gone', policy: 'ignore' as const, seen: null, does: 'nothing' },
  { because: 'it is only created when absent', policy: 'ifNotPresent' as const, seen: live([scaled, scaler]), does: 'nothing' },
  { because: 'it is absent', policy: 'ifNotPresent' as const, seen: null, does: 'correct' },
])('$does, because $because', ({ policy, seen, does }) => {
  expect(decideDrift(record, seen, { ...rules, mode: { policy, merge: false } }).do).toBe(does);
});

test('with ssa: Merge what kubectl added stays, what it changed does not', () => {
  const merging: DriftRules = { ...rules, mode: { policy: 'manage', merge: true } };
  expect(
    decideDrift(record, live([ours(), managed('kubectl-edit', 'Update', { 'f:spec': { 'f:paused': {} } })]), merging).do,
  ).toBe('nothing');
  expect(decideDrift(record, live([scaled, scaler]), merging).do).toBe('correct');
});

test.for([
  { because: 'scaling', seen: live([scaled, scaler]), fields: [{ path: 'spec.replicas', manager: 'kubectl' }], cleanup: false },
  {
    because: 'an image in a list',
    seen: live([unimaged, patched]),
    fields: [{ path: 'spec.template.spec.containers[name=app].image', manager: 'patcher' }],
    cleanup: false,
  },
  {
    because: 'a removed label',
    seen: live([ours({ 'f:spec': fields['f:spec'] })]),
    fields: [{ path: 'metadata.labels.app', manager: null }],
    cleanup: false,
  },
  {
    because: 'a field added with kubectl',
    seen: live([ours(), managed('kubectl-edit', 'Update', { 'f:spec': { 'f:paused': {} } })]),
    fields: [{ path: 'spec.paused', manager: 'kubectl-edit' }],
    cleanup: true,
  },
])('what was changed is named: $because', ({ seen, fields: named, cleanup }) => {
  expect(decideDrift(record, seen, rules)).toMatchObject({ do: 'correct', fields: named, cleanup });
});

test('an autoscaler may move the replicas of its target, and nothing else', () => {
  const autoscaled = { ...rules, autoscaled: true };
  expect(decideDrift(record, live([scaled, scaler]), autoscaled).do).toBe('nothing');
  const both = ours({ ...fields, 'f:spec': { 'f:template': unimaged.fieldsV1?.['f:spec'] } });
  expect(decideDrift(record, live([both, scaler, patched]), autoscaled)).toMatchObject({ do: 'correct' });
});

test.for([
  { because: 'the autoscaler took them', seen: live([scaled, scaler]), leaves: true },
  { because: 'they are still ours', seen: live([ours()]), leaves: false },
  { because: 'both own them', seen: live([ours(), scaler]), leaves: false },
  { because: 'nobody owns them', seen: live([scaled]), leaves: false },
])('a correction leaves out the replicas of an autoscaler’s target: $leaves, $because', ({ seen, leaves }) => {
  const corrected = leaveReplicas(manifest, seen, 'kustomize-controller');
  expect('replicas' in (corrected['spec'] as object)).toBe(!leaves);
});

test('what Flux applied is a baseline for us', () => {
  const { deployment } = JSON.parse(readFileSync(new URL('./fixtures/flux-deployment.json', import.meta.url), 'utf8'));
  const taken = driftRecord(deployment, 'kustomize-controller', 'sha256:m');
  expect(taken).toMatchObject({ uid: deployment.metadata.uid });
  expect(decideDrift(taken, deployment, { ...rules, manifest: deployment })).toMatchObject({ do: 'nothing' });
});

test('an object without an entry of ours has no record', () => {
  expect(driftRecord(live([scaler]), 'kustomize-controller', 'sha256:m')).toBeNull();
});

const minute = 60_000;
const replicas = [{ path: 'spec.replicas', manager: 'kubectl' }];
const image = [{ path: 'spec.image', manager: 'other' }];

/** Drifts at these minutes, and what each was answered with. */
function answers(drifts: readonly (readonly [minutes: number, fields: typeof replicas, object?: string])[]): string[] {
  let ledger = emptyLedger;
  return drifts.map(([minutes, fields, id = 'web_a']) => {
    const noted = noteDrift(ledger, id, { fields, now: minutes * minute });
    ledger = noted.ledger;
    return noted.decision.do === 'leave' && noted.decision.isNew ? 'leave and say so' : noted.decision.do;
  });
}

test.for([
  {
    because: 'three times in five minutes is enough',
    drifts: [
      [0, replicas],
      [1, replicas],
      [2, replicas],
      [3, replicas],
    ] as const,
    says: ['correct', 'correct', 'correct', 'leave and say so'],
  },
  {
    because: 'it is said once a contest',
    drifts: [
      [0, replicas],
      [0, replicas],
      [0, replicas],
      [1, replicas],
      [2, replicas],
    ] as const,
    says: ['correct', 'correct', 'correct', 'leave and say so', 'leave'],
  },
  {
    because: 'slower than that is no war',
    drifts: [
      [0, replicas],
      [2, replicas],
      [4, replicas],
      [6, replicas],
      [8, replicas],
    ] as const,
    says: ['correct', 'correct', 'correct', 'correct', 'correct'],
  },
  {
    because: 'another field has a count of its own',
    drifts: [
      [0, replicas],
      [0, replicas],
      [0, replicas],
      [0, image],
    ] as const,
    says: ['correct', 'correct', 'correct', 'correct'],
  },
  {
    because: 'another object has a count of its own',
    drifts: [
      [0, replicas],
      [0, replicas],
      [0, replicas],
      [0, replicas, 'web_b'],
    ] as const,
    says: ['correct', 'correct', 'correct', 'correct'],
  },
  {
    because: 'as long as it goes on, it stays left',
    drifts: [
      [0, replicas],
      [0, replicas],
      [0, replicas],
      [4, replicas],
      [8, replicas],
      [12, replicas],
    ] as const,
    says: ['correct', 'correct', 'correct', 'leave and say so', 'leave', 'leave'],
  },
  {
    because: 'five minutes of peace end it',
    drifts: [
      [0, replicas],
      [0, replicas],
      [0, replicas],
      [1, replicas],
      [6, replicas],
    ] as const,
    says: ['correct', 'correct', 'correct', 'leave and say so', 'correct'],
  },
])('$because', ({ drifts, says }) => {
  expect(answers(drifts)).toEqual(says);
});

test('a contest names the field, the other manager and the way out', () => {
  let ledger = emptyLedger;
  for (let round = 0; round < 3; round += 1) ({ ledger } = noteDrift(ledger, 'web_a', { fields: replicas, now: 0 }));
  const { decision } = noteDrift(ledger, 'web_a', { fields: replicas, now: 1 });
  expect(decision).toMatchObject({
    field: 'spec.replicas',
    manager: 'kubectl',
    because: expect.stringMatching(/spec\.replicas.*'kubectl'.*spec\.ignore/),
  });
});
