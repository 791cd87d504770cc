import { expect, test } from 'vitest';
import {
  applyFailure,
  changeList,
  cleanupFailure,
  dryRunFailure,
  isImmutableError,
  pruneFailure,
  pruneList,
  recreateFailure,
  upsertHistory,
} from '../../src/apply/index.ts';
import { ClusterError } from '../../src/cluster/index.ts';
import { refOf } from '../../src/core/index.ts';
import { object } from './objects.ts';

const web = object('apps/v1 Deployment web/web');
const global = object('v1 Widget web');

test.for([
  {
    because: 'the reason of the server',
    failure: dryRunFailure(web, new ClusterError('INVALID', 'replicas: must be positive', { reason: 'Invalid' })),
    says: 'Deployment/web/web dry-run failed (Invalid): replicas: must be positive',
  },
  {
    because: 'no reason',
    failure: dryRunFailure(web, new ClusterError('NOT_FOUND', 'no matches for kind "Deployment" in version "apps/v1"')),
    says: 'Deployment/web/web dry-run failed: no matches for kind "Deployment" in version "apps/v1"',
  },
  {
    because: 'no namespace',
    failure: dryRunFailure(
      global,
      new ClusterError('NOT_FOUND', 'the server could not find the requested resource', { reason: 'NotFound' }),
    ),
    says: 'Widget/web namespace not specified: the server could not find the requested resource',
  },
  {
    because: 'a namespace that is not there',
    failure: dryRunFailure(web, new ClusterError('NOT_FOUND', 'namespaces "web" not found', { reason: 'NotFound' })),
    says: 'Deployment/web/web not found: namespaces "web" not found',
  },
  {
    because: 'a conflict of managers',
    failure: dryRunFailure(
      web,
      new ClusterError('CONFLICT', 'conflict', { reason: 'Conflict', causes: [{ reason: 'FieldManagerConflict' }] }),
    ),
    says: 'Deployment/web/web dry-run failed (FieldManagerConflict): conflict',
  },
  { because: 'an apply', failure: applyFailure(web, new Error('broken')), says: 'Deployment/web/web apply failed: broken' },
  {
    because: 'a recreation',
    failure: recreateFailure(web, new Error('no')),
    says: 'Deployment/web/web immutable field detected, failed to delete object: no',
  },
  {
    because: 'a clean-up',
    failure: cleanupFailure(web, new Error('no')),
    says: 'Deployment/web/web metadata.managedFields cleanup failed: no',
  },
  { because: 'several deletes', failure: pruneFailure([new Error('a'), new Error('b')]), says: 'delete failed, errors: a;b;' },
])('a failure reads as Flux’s: $because', ({ failure, says }) => {
  expect(failure.message).toBe(says);
});

test('the retry policy of the cause is kept', () => {
  expect(dryRunFailure(web, new ClusterError('TOO_MANY_REQUESTS', 'later', { retry: { afterMs: 9 } })).retry).toEqual({
    afterMs: 9,
  });
});

test.for([
  {
    is: true,
    code: 'INVALID' as const,
    message: 'Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable',
  },
  {
    is: true,
    code: 'INVALID' as const,
    message: `StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template' are forbidden`,
  },
  {
    is: true,
    code: 'INVALID' as const,
    message: 'RoleBinding.rbac.authorization.k8s.io "a" is invalid: roleRef: Invalid value: {}: cannot change roleRef',
  },
  {
    is: true,
    code: 'INVALID' as const,
    message: 'Service "a" is invalid: spec.clusterIPs[0]: Invalid value: []: may not change once set',
  },
  {
    is: true,
    code: 'INVALID' as const,
    message: 'Pod "a" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`',
  },
  {
    is: true,
    code: 'INVALID' as const,
    message: 'Widget.example.com "a" is invalid: spec.size: Invalid value: "string": size is immutable',
  },
  {
    is: true,
    code: 'FORBIDDEN' as const,
    message: 'StorageClass.storage.k8s.io "a" is invalid: parameters: Forbidden: updates to parameters are forbidden.',
  },
  {
    is: false,
    code: 'INVALID' as const,
    message: 'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  },
  {
    is: false,
    code: 'CONFLICT' as const,
    message: 'Operation cannot be fulfilled on deployments.apps "web": the object has been modified',
  },
  { is: false, code: 'SERVER_ERROR' as const, message: 'admission webhook "x" failed: immutable' },
])('$code "$message" can be helped by recreating: $is', ({ is, code, message }) => {
  const refusal = new ClusterError(code, message);
  expect(isImmutableError(refusal)).toBe(is);
  expect(isImmutableError(dryRunFailure(web, refusal))).toBe(is);
});

test('changes are listed a line each, those that changed nothing are not', () => {
  const changes = [
    { ref: refOf(object('v1 Namespace web')), action: 'created' as const },
    { ref: refOf(object('v1 ConfigMap web/a')), action: 'unchanged' as const },
    { ref: refOf(object('v1 ConfigMap web/b')), action: 'skipped' as const },
    { ref: refOf(web), action: 'configured' as const },
    { ref: refOf(object('v1 Secret web/s')), action: 'deleted' as const },
  ];
  expect(changeList(changes)).toBe('Namespace/web created\nDeployment/web/web configured\nSecret/web/s deleted');
  expect(pruneList(changes)).toBe('ConfigMap/web/b skipped\nSecret/web/s deleted');
});

const at = Date.parse('2026-01-01T00:00:00.900Z');
const run = (digest: string, status = 'ReconciliationSucceeded', minutes = 0) => ({
  digest,
  status,
  durationMs: 341.5,
  at: at + minutes * 60_000,
  metadata: { revision: 'main@sha1:a' },
});

test('a first run makes an entry of its own', () => {
  expect(upsertHistory([], run('sha256:a'))).toEqual([
    {
      digest: 'sha256:a',
      firstReconciled: '2026-01-01T00:00:00Z',
      lastReconciled: '2026-01-01T00:00:00Z',
      lastReconciledDuration: '341.5ms',
      lastReconciledStatus: 'ReconciliationSucceeded',
      totalReconciliations: 1,
      metadata: { revision: 'main@sha1:a' },
    },
  ]);
});

test('the same digest and status counts, moves to the front and keeps its first time', () => {
  const history = [run('b'), run('a')].reduce((entries, each) => upsertHistory(entries, each), upsertHistory([], run('a')));
  const [first, second] = upsertHistory(history, run('a', 'ReconciliationSucceeded', 5));
  expect(first).toMatchObject({
    digest: 'a',
    totalReconciliations: 3,
    firstReconciled: '2026-01-01T00:00:00Z',
    lastReconciled: '2026-01-01T00:05:00Z',
  });
  expect(second).toMatchObject({ digest: 'b' });
});

test('another status of the same digest is another entry, and five are kept', () => {
  const runs = [run('a'), run('a', 'HealthCheckFailed'), run('b'), run('c'), run('d'), run('e')];
  const history = runs.reduce((entries, each) => upsertHistory(entries, each), upsertHistory([], run('z')));
  expect(history.map(({ digest }) => digest)).toEqual(['e', 'd', 'c', 'b', 'a']);
  expect(history[4]).toMatchObject({ lastReconciledStatus: 'HealthCheckFailed' });
});
