import { expect, test } from 'vitest';
import { healthFailureText, healthOf, healthTimeoutMs, mayVanish, summariseHealth } from '../../src/apply/index.ts';
import { type KubeObject, refOf } from '../../src/core/index.ts';
import { object } from './objects.ts';

const now = Date.parse('2026-01-01T00:01:00Z');
const condition = (type: string, status: string, reason = 'Because', message = 'so it is') => ({ type, status, reason, message });
const of = (sentence: string, spec: object, status?: object, metadata = {}) =>
  object(sentence, { spec, ...(status ? { status } : {}) }, { generation: 2, ...metadata });

const generic = [
  {
    because: 'it is being deleted',
    given: of('a/v1 Widget web/a', {}, {}, { deletionTimestamp: 'now' }),
    is: 'Terminating',
    says: 'scheduled for deletion',
  },
  {
    because: 'its controller has not seen this generation',
    given: of('a/v1 Widget web/a', {}, { observedGeneration: 1 }),
    is: 'InProgress',
    says: 'Widget generation is 2, but latest observed generation is 1',
  },
  {
    because: 'its controller never ran (-1)',
    given: of('a/v1 Widget web/a', {}, { observedGeneration: -1 }),
    is: 'InProgress',
    says: '-1',
  },
  {
    because: 'it is reconciling',
    given: of('a/v1 Widget web/a', {}, { observedGeneration: 2, conditions: [condition('Reconciling', 'True')] }),
    is: 'InProgress',
    says: 'so it is',
  },
  {
    because: 'it is stalled',
    given: of('a/v1 Widget web/a', {}, { conditions: [condition('Stalled', 'True')] }),
    is: 'Failed',
    says: 'so it is',
  },
  {
    because: 'Stalled=False says nothing',
    given: of('a/v1 Widget web/a', {}, { conditions: [condition('Stalled', 'False')] }),
    is: 'Current',
    says: '',
  },
  {
    because: 'it is Ready',
    given: of('a/v1 Widget web/a', {}, { conditions: [condition('Ready', 'True')] }),
    is: 'Current',
    says: 'Resource is Ready',
  },
  {
    because: 'it is not Ready',
    given: of('a/v1 Widget web/a', {}, { conditions: [condition('Ready', 'False')] }),
    is: 'InProgress',
    says: 'so it is',
  },
  {
    because: 'Ready is unknown',
    given: of('a/v1 Widget web/a', {}, { conditions: [condition('Ready', 'Unknown', 'x', '')] }),
    is: 'InProgress',
    says: 'Unknown',
  },
  { because: 'it has no conditions', given: of('a/v1 Widget web/a', {}), is: 'Current', says: 'Resource is current' },
  {
    because: 'a status that is no object is none',
    given: object('a/v1 Widget web/a', { status: 'fine' }),
    is: 'Current',
    says: 'current',
  },
  {
    because: 'a namespace that ends',
    given: of('v1 Namespace web', {}, { phase: 'Terminating' }, { deletionTimestamp: 'now' }),
    is: 'Terminating',
    says: '',
  },
] as const;

const rolledOut = {
  observedGeneration: 2,
  replicas: 2,
  updatedReplicas: 2,
  readyReplicas: 2,
  availableReplicas: 2,
  conditions: [condition('Progressing', 'True', 'NewReplicaSetAvailable'), condition('Available', 'True')],
};
const deploy = (status: object, spec = {}) =>
  of('apps/v1 Deployment web/a', { replicas: 2, progressDeadlineSeconds: 600, ...spec }, { ...rolledOut, ...status });

const deployments = [
  { because: 'everything is there', given: deploy({}), is: 'Current', says: 'Replicas: 2' },
  {
    because: 'it has no status yet',
    given: of('apps/v1 Deployment web/a', { replicas: 2 }),
    is: 'InProgress',
    says: 'replicas: 0/2',
  },
  {
    because: 'one replica is the default',
    given: of(
      'apps/v1 Deployment web/a',
      {},
      { ...rolledOut, replicas: 1, updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1 },
    ),
    is: 'Current',
    says: '1',
  },
  { because: 'too few are updated', given: deploy({ updatedReplicas: 1 }), is: 'InProgress', says: 'Updated: 1/2' },
  { because: 'old ones still end', given: deploy({ replicas: 3 }), is: 'InProgress', says: 'Pending termination: 1' },
  { because: 'too few are available', given: deploy({ availableReplicas: 1 }), is: 'InProgress', says: 'Available: 1/2' },
  { because: 'too few are ready', given: deploy({ readyReplicas: 1 }), is: 'InProgress', says: 'Ready: 1/2' },
  {
    because: 'the new ReplicaSet is not available',
    given: deploy({ conditions: [condition('Progressing', 'True', 'ReplicaSetUpdated'), condition('Available', 'True')] }),
    is: 'InProgress',
    says: 'ReplicaSet not Available',
  },
  {
    because: 'it is not available',
    given: deploy({ conditions: [condition('Progressing', 'True', 'NewReplicaSetAvailable'), condition('Available', 'False')] }),
    is: 'InProgress',
    says: 'Deployment not Available',
  },
  {
    because: 'the deadline passed',
    given: deploy({ replicas: 3, conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')] }),
    is: 'Failed',
    says: 'Progress deadline exceeded',
  },
  {
    because: 'without a deadline there is no Progressing to wait for',
    given: deploy({ conditions: [condition('Available', 'True')] }, { progressDeadlineSeconds: undefined }),
    is: 'Current',
    says: '',
  },
  {
    because: 'it is scaled to nothing',
    given: deploy({ replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 }, { replicas: 0 }),
    is: 'Current',
    says: '0',
  },
] as const;

const stateful = (status: object, spec = {}) =>
  of(
    'apps/v1 StatefulSet web/a',
    { replicas: 2, ...spec },
    {
      observedGeneration: 2,
      replicas: 2,
      readyReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 2,
      currentRevision: 'b',
      updateRevision: 'b',
      ...status,
    },
  );
const daemon = (status: object) =>
  of(
    'apps/v1 DaemonSet web/a',
    {},
    {
      observedGeneration: 2,
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      updatedNumberScheduled: 3,
      numberAvailable: 3,
      numberReady: 3,
      ...status,
    },
  );
const replicaSet = (status: object) =>
  of(
    'apps/v1 ReplicaSet web/a',
    { replicas: 2 },
    { replicas: 2, fullyLabeledReplicas: 2, availableReplicas: 2, readyReplicas: 2, ...status },
  );

const sets = [
  { because: 'a StatefulSet is complete', given: stateful({}), is: 'Current', says: 'Replicas: 2' },
  { because: 'a StatefulSet lacks replicas', given: stateful({ replicas: 1 }), is: 'InProgress', says: 'Replicas: 1/2' },
  { because: 'a StatefulSet lacks ready replicas', given: stateful({ readyReplicas: 0 }), is: 'InProgress', says: 'Ready: 0/2' },
  { because: 'a StatefulSet has too many', given: stateful({ replicas: 4 }), is: 'InProgress', says: 'Pending termination: 2' },
  {
    because: 'a StatefulSet lacks current replicas',
    given: stateful({ currentReplicas: 1 }),
    is: 'InProgress',
    says: 'current: 1/2',
  },
  {
    because: 'a StatefulSet is between revisions',
    given: stateful({ currentRevision: 'a' }),
    is: 'InProgress',
    says: 'updated revision',
  },
  {
    because: 'a StatefulSet with a partition has updated its part',
    given: stateful(
      { updatedReplicas: 1, currentRevision: 'a', currentReplicas: 1 },
      { updateStrategy: { rollingUpdate: { partition: 1 } } },
    ),
    is: 'Current',
    says: 'Partition rollout complete',
  },
  {
    because: 'a StatefulSet with a partition has not',
    given: stateful({ updatedReplicas: 0 }, { updateStrategy: { rollingUpdate: { partition: 1 } } }),
    is: 'InProgress',
    says: 'updated: 0/1',
  },
  {
    because: 'a StatefulSet with OnDelete waits for people',
    given: stateful({ readyReplicas: 0 }, { updateStrategy: { type: 'OnDelete' } }),
    is: 'Current',
    says: 'ondelete',
  },
  {
    because: 'a StatefulSet whose partition is the default 0 is updated as a whole',
    given: stateful({ currentRevision: 'a' }, { updateStrategy: { rollingUpdate: { partition: 0 } } }),
    is: 'InProgress',
    says: '',
  },
  { because: 'a DaemonSet is complete', given: daemon({}), is: 'Current', says: 'Replicas: 3' },
  {
    because: 'a DaemonSet that wants no node is complete',
    given: daemon({
      desiredNumberScheduled: 0,
      currentNumberScheduled: 0,
      updatedNumberScheduled: 0,
      numberAvailable: 0,
      numberReady: 0,
    }),
    is: 'Current',
    says: '',
  },
  {
    because: 'a DaemonSet was not seen by its controller',
    given: of('apps/v1 DaemonSet web/a', {}),
    is: 'InProgress',
    says: 'Missing .status.observedGeneration',
  },
  {
    because: 'a DaemonSet does not know how many',
    given: daemon({ desiredNumberScheduled: undefined }),
    is: 'InProgress',
    says: 'Missing .status.desiredNumberScheduled',
  },
  {
    because: 'a DaemonSet lacks current pods',
    given: daemon({ currentNumberScheduled: 2 }),
    is: 'InProgress',
    says: 'Current: 2/3',
  },
  {
    because: 'a DaemonSet lacks updated pods',
    given: daemon({ updatedNumberScheduled: 2 }),
    is: 'InProgress',
    says: 'Updated: 2/3',
  },
  {
    because: 'a DaemonSet lacks available pods',
    given: daemon({ numberAvailable: 2 }),
    is: 'InProgress',
    says: 'Available: 2/3',
  },
  { because: 'a DaemonSet lacks ready pods', given: daemon({ numberReady: 2 }), is: 'InProgress', says: 'Ready: 2/3' },
  { because: 'a ReplicaSet is complete', given: replicaSet({}), is: 'Current', says: '' },
  {
    because: 'a ReplicaSet lacks labelled pods',
    given: replicaSet({ fullyLabeledReplicas: 1 }),
    is: 'InProgress',
    says: 'Labelled: 1/2',
  },
  { because: 'a ReplicaSet has too many', given: replicaSet({ replicas: 3 }), is: 'InProgress', says: 'Pending termination: 1' },
  {
    because: 'a ReplicaSet cannot make pods',
    given: replicaSet({ conditions: [condition('ReplicaFailure', 'True')] }),
    is: 'InProgress',
    says: 'Replica Failure',
  },
] as const;

const pod = (phase: string | undefined, rest = {}) => of('v1 Pod web/a', {}, { ...(phase ? { phase } : {}), ...rest });
const looping = {
  containerStatuses: [
    { name: 'app', state: { waiting: { reason: 'CrashLoopBackOff' } } },
    { name: 'side', state: { running: {} } },
  ],
};
const unschedulable = (since: string) => ({
  conditions: [{ ...condition('PodScheduled', 'False', 'Unschedulable'), lastTransitionTime: since }],
});

const others = [
  {
    because: 'a pod is ready',
    given: pod('Running', { conditions: [condition('Ready', 'True')] }),
    is: 'Current',
    says: 'Pod is Ready',
  },
  { because: 'a pod succeeded', given: pod('Succeeded'), is: 'Current', says: 'successfully' },
  { because: 'a failed pod has ended', given: pod('Failed'), is: 'Current', says: 'not successfully' },
  { because: 'a pod runs and is not ready', given: pod('Running'), is: 'InProgress', says: 'not Ready' },
  {
    because: 'a pod crashes again and again',
    given: pod('Running', looping),
    is: 'Failed',
    says: 'Containers in CrashLoop state: app',
  },
  { because: 'a pod waits', given: pod('Pending'), is: 'InProgress', says: 'Pending' },
  {
    because: 'a pod finds no node since a second',
    given: pod('Pending', unschedulable('2026-01-01T00:00:59Z')),
    is: 'InProgress',
    says: 'not been scheduled',
  },
  {
    because: 'a pod finds no node since a minute',
    given: pod('Pending', unschedulable('2026-01-01T00:00:00Z')),
    is: 'Failed',
    says: 'could not be scheduled',
  },
  { because: 'a pod is new', given: pod(undefined), is: 'InProgress', says: 'phase not available' },
  {
    because: 'a claim is bound',
    given: of('v1 PersistentVolumeClaim web/a', {}, { phase: 'Bound' }),
    is: 'Current',
    says: 'Bound',
  },
  {
    because: 'a claim is pending',
    given: of('v1 PersistentVolumeClaim web/a', {}, { phase: 'Pending' }),
    is: 'InProgress',
    says: 'phase: Pending',
  },
  { because: 'a service needs nothing', given: of('v1 Service web/a', {}), is: 'Current', says: '' },
  {
    because: 'a load balancer needs no ingress address',
    given: of('v1 Service web/a', { type: 'LoadBalancer', clusterIP: '10.0.0.1' }, { loadBalancer: {} }),
    is: 'Current',
    says: '',
  },
  {
    because: 'a load balancer needs a cluster address',
    given: of('v1 Service web/a', { type: 'LoadBalancer' }),
    is: 'InProgress',
    says: 'ClusterIP',
  },
  { because: 'a job has not started', given: of('batch/v1 Job web/a', {}), is: 'InProgress', says: 'not started' },
  {
    because: 'a running job is not done',
    given: of('batch/v1 Job web/a', {}, { startTime: 'then', active: 1 }),
    is: 'InProgress',
    says: 'success:0, active: 1, failed: 0',
  },
  {
    because: 'a job is complete',
    given: of('batch/v1 Job web/a', {}, { succeeded: 1, conditions: [condition('Complete', 'True')] }),
    is: 'Current',
    says: 'succeeded: 1/1',
  },
  {
    because: 'a job failed',
    given: of('batch/v1 Job web/a', { completions: 3 }, { failed: 2, conditions: [condition('Failed', 'True')] }),
    is: 'Failed',
    says: 'failed: 2/3',
  },
  {
    because: 'a job is suspended',
    given: of('batch/v1 Job web/a', {}, { conditions: [condition('Suspended', 'True')] }),
    is: 'Current',
    says: 'suspended',
  },
  {
    because: 'a definition is established',
    given: of(
      'apiextensions.k8s.io/v1 CustomResourceDefinition a.b',
      {},
      { conditions: [condition('NamesAccepted', 'True'), condition('Established', 'True')] },
    ),
    is: 'Current',
    says: 'established',
  },
  {
    because: 'a definition is being installed',
    given: of(
      'apiextensions.k8s.io/v1 CustomResourceDefinition a.b',
      {},
      { conditions: [condition('Established', 'False', 'Installing')] },
    ),
    is: 'InProgress',
    says: 'Install',
  },
  {
    because: 'a definition has a name that is taken',
    given: of('apiextensions.k8s.io/v1 CustomResourceDefinition a.b', {}, { conditions: [condition('NamesAccepted', 'False')] }),
    is: 'Failed',
    says: 'so it is',
  },
  {
    because: 'a definition was refused',
    given: of(
      'apiextensions.k8s.io/v1 CustomResourceDefinition a.b',
      {},
      { conditions: [condition('Established', 'False', 'NotAccepted')] },
    ),
    is: 'Failed',
    says: 'so it is',
  },
  { because: 'a budget needs nothing', given: of('policy/v1 PodDisruptionBudget web/a', {}), is: 'Current', says: '' },
  { because: 'a ConfigMap needs nothing', given: of('v1 ConfigMap web/a', {}), is: 'Current', says: '' },
  { because: 'a CronJob needs nothing', given: of('batch/v1 CronJob web/a', {}), is: 'Current', says: '' },
] as const;

test.for([...generic, ...deployments, ...sets, ...others])('$is: $because', ({ given, is, says }) => {
  const health = healthOf(given, now);
  expect(health.status).toBe(is);
  expect(health.message).toContain(says);
});

test('what is not there is NotFound', () => {
  expect(healthOf(null, now).status).toBe('NotFound');
});

const result = (sentence: string, status: 'Current' | 'InProgress' | 'Failed' | 'NotFound' | null, extra = {}) => ({
  ref: refOf(object(sentence)),
  health: status === null ? null : { status, message: '' },
  ...extra,
});
const early = { elapsedMs: 1200, timeoutMs: 30_000 };
const late = { elapsedMs: 30_000, timeoutMs: 30_000 };
const [web, api, init] = ['apps/v1 Deployment web/web', 'apps/v1 Deployment web/api', 'batch/v1 Job web/init'] as const;

test.for([
  { because: 'nothing is waited for', results: [], wait: early, says: { do: 'healthy', message: 'Health check passed in 1.2s' } },
  { because: 'all are Current', results: [result(web, 'Current')], wait: early, says: { do: 'healthy' } },
  {
    because: 'a finished job may be gone',
    results: [result(init, 'NotFound', { mayVanish: true })],
    wait: early,
    says: { do: 'healthy' },
  },
  { because: 'an object that is gone is waited for', results: [result(web, 'NotFound')], wait: early, says: { do: 'wait' } },
  {
    because: 'one is under way',
    results: [result(web, 'Current'), result(api, 'InProgress')],
    wait: early,
    says: { do: 'wait', because: "waiting for Deployment/web/api status: 'InProgress'" },
  },
  {
    because: 'the time is up',
    results: [result(web, 'InProgress'), result(api, null), result(init, 'NotFound', { error: 'forbidden' })],
    wait: late,
    says: {
      do: 'failed',
      message:
        "timeout waiting for: [Deployment/web/web status: 'InProgress', can't determine status for Deployment/web/api, Job/web/init status: 'NotFound': forbidden]",
    },
  },
  {
    because: 'one failed, and the others need not be waited for',
    results: [result(web, 'InProgress'), result(api, 'Failed')],
    wait: early,
    says: { do: 'failed', message: "failed early due to stalled resources: [Deployment/web/api status: 'Failed']" },
  },
  {
    because: 'one failed, and the others are to be waited for',
    results: [result(web, 'InProgress'), result(api, 'Failed')],
    wait: { ...early, failFast: false },
    says: { do: 'wait' },
  },
  {
    because: 'all that is left failed',
    results: [result(web, 'Current'), result(api, 'Failed')],
    wait: { ...early, failFast: false },
    says: { do: 'failed' },
  },
])('the wait is over or not: $because', ({ results, wait, says }) => {
  expect(summariseHealth(results, wait)).toMatchObject(says);
});

test('a failure says how long it was waited', () => {
  expect(healthFailureText('timeout waiting for: []', 90_000)).toBe('health check failed after 1m30s: timeout waiting for: []');
});

test.for([
  { because: 'the spec says so', given: { timeoutMs: 120_000, intervalMs: 600_000 }, is: 120_000 },
  { because: 'the interval less 30 seconds', given: { intervalMs: 600_000 }, is: 570_000 },
  { because: 'never less than 30 seconds', given: { intervalMs: 40_000 }, is: 30_000 },
])('the timeout is $is ms: $because', ({ given, is }) => {
  expect(healthTimeoutMs(given)).toBe(is);
});

test('only a job with a time to live may vanish', () => {
  const job = (spec: object): KubeObject => of(init, spec);
  expect([mayVanish(job({ ttlSecondsAfterFinished: 0 })), mayVanish(job({})), mayVanish(of(web, {}))]).toEqual([
    true,
    false,
    false,
  ]);
});
