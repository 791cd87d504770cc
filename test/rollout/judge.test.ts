import { describe, expect, test } from 'vitest';
import { judgePod, judgeWorkload, type Pod, type WorkloadFacts } from '../../src/rollout/index.ts';

const landed = { name: 'registry.example.com/web', tag: '2' };
const image = 'registry.example.com/web:2';

interface Sketch {
  readonly image?: string;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly container?: Readonly<Record<string, unknown>>;
  readonly ready?: boolean;
  readonly leaving?: boolean;
}

/** A pod of one container; what is not said is as in a pod that has started and is not ready. */
function pod({ image: own = image, status = {}, container = {}, ready = false, leaving = false }: Sketch = {}): Pod {
  const containerStatuses = [{ name: 'web', ready, restartCount: 0, state: { running: {} }, ...container }];
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'shop', ...(leaving ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: { containers: [{ name: 'web', image: own }] },
    status: { phase: 'Running', conditions, containerStatuses, ...status },
  };
}

const crashing = {
  restartCount: 3,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 1, reason: 'Error' } },
};
const pulling = (message: string) => ({ state: { waiting: { reason: 'ImagePullBackOff', message } } });

describe('a pod', () => {
  test.for([
    { because: 'three restarts', sketch: { container: crashing }, kind: 'Restarts' },
    { because: 'an image that is not there', sketch: { container: pulling(`${image}: not found`) }, kind: 'MissingImage' },
  ])('speaks against the image by $because', ({ sketch, kind }) => {
    expect(judgePod(pod(sketch), landed)?.evidence?.kind).toBe(kind);
  });

  test.for([
    { because: 'two restarts', sketch: { container: { ...crashing, restartCount: 2 } } },
    { because: 'a registry that is down', sketch: { container: pulling('503 Service Unavailable') } },
    {
      because: 'a missing ConfigMap',
      sketch: {
        container: { state: { waiting: { reason: 'CreateContainerConfigError', message: 'configmap "web" not found' } } },
      },
    },
    { because: 'a volume that is not mounted', sketch: { container: { state: { waiting: { reason: 'ContainerCreating' } } } } },
    {
      because: 'no node for it',
      sketch: {
        status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }], containerStatuses: [] },
      },
    },
    { because: 'an eviction', sketch: { status: { phase: 'Failed', reason: 'Evicted' } } },
    { because: 'a node that is not there', sketch: { status: { reason: 'NodeLost' } } },
  ])('does not by $because', ({ sketch }) => {
    expect(judgePod(pod(sketch), landed)?.evidence).toBeNull();
  });

  test.for([
    { because: 'it runs another version', sketch: { image: 'registry.example.com/web:1', container: crashing } },
    { because: 'it runs another image', sketch: { image: 'registry.example.com/api:2', container: crashing } },
    { because: 'it is going', sketch: { leaving: true, container: crashing } },
  ])('says nothing where $because', ({ sketch }) => {
    expect(judgePod(pod(sketch), landed)).toBeNull();
  });

  test('a digest decides where both sides have one', () => {
    const [one, other] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
    expect(judgePod(pod({ image: `${image}@${one}` }), { ...landed, digest: one })).not.toBeNull();
    expect(judgePod(pod({ image: `${image}@${one}` }), { ...landed, digest: other })).toBeNull();
  });

  test('the digest that the runtime resolved is what it runs', () => {
    const digest = `sha256:${'1'.repeat(64)}`;
    const ready = pod({ ready: true, container: { ready: true, imageID: `registry.example.com/web@${digest}` } });
    expect(judgePod(ready, landed)).toMatchObject({ ready: true, digest });
  });

  test('Docker Hub goes by several names', () => {
    expect(judgePod(pod({ image: 'nginx:2' }), { name: 'docker.io/library/nginx', tag: '2' })).not.toBeNull();
    expect(judgePod(pod({ image: 'index.docker.io/acme/web:2' }), { name: 'acme/web', tag: '2' })).not.toBeNull();
  });
});

describe('a workload', () => {
  const facts = (difference: Partial<WorkloadFacts>): WorkloadFacts => ({
    ...{ subject: 'Deployment/shop/web', health: 'InProgress', healthMessage: 'Updated: 0/1' },
    ...{ wantsNone: false, pods: [], timedOut: false, onTrial: true, ...difference },
  });
  const judged = (sketch: Sketch) => {
    const judgement = judgePod(pod(sketch), landed);
    return judgement === null ? [] : [judgement];
  };
  const unscheduled = { status: { conditions: [{ type: 'PodScheduled', status: 'False' }], containerStatuses: [] } };

  test.for([
    {
      because: 'it is Current and a ready pod runs the image',
      given: { health: 'Current', pods: judged({ ready: true }) },
      state: 'Healthy',
      evidence: false,
    },
    { because: 'it is Current and no pod runs the image', given: { health: 'Current' }, state: 'Unproven', evidence: false },
    { because: 'it wants no pods', given: { wantsNone: true }, state: 'Unproven', evidence: false },
    { because: 'it is under way', given: { pods: judged({}) }, state: 'Progressing', evidence: false },
    {
      because: 'a container restarts again and again',
      given: { pods: judged({ container: crashing }) },
      state: 'Failed',
      evidence: true,
    },
    {
      because: 'its deadline has passed and a started container is not ready',
      given: { health: 'Failed', pods: judged({}) },
      state: 'Failed',
      evidence: true,
    },
    {
      because: 'it took too long and a started container is not ready',
      given: { timedOut: true, pods: judged({}) },
      state: 'Failed',
      evidence: true,
    },
    {
      because: 'it took too long and no node takes its pod',
      given: { timedOut: true, pods: judged(unscheduled) },
      state: 'Failed',
      evidence: false,
    },
    { because: 'it took too long and no pod was let in', given: { timedOut: true }, state: 'Failed', evidence: false },
    {
      because: 'one pod is not ready while another is not scheduled',
      given: { timedOut: true, pods: [...judged({}), ...judged(unscheduled)] },
      state: 'Failed',
      evidence: false,
    },
    {
      because: 'it crashes long after it was healthy',
      given: { onTrial: false, pods: judged({ container: crashing }) },
      state: 'Progressing',
      evidence: false,
    },
  ] as const)('$state, evidence=$evidence, where $because', ({ given, state, evidence }) => {
    const judgement = judgeWorkload(facts(given));
    expect({ state: judgement.state, evidence: judgement.evidence !== null }).toEqual({ state, evidence });
  });
});
