import { formatTime, type KubeObject } from '../../core/index.ts';
import { listAt, numberAt, objectAt, textAt } from '../json/json.ts';
import { createPod, isActive } from './pod-template.ts';
import type { WorkloadStore } from './workload-store.ts';

/** Runs a Job's pods until enough of them have succeeded. */
export function runJob(store: WorkloadStore, job: KubeObject): void {
  const isOver = listAt(job, 'status', 'conditions').some((condition) => textAt(condition, 'type') === 'Complete');
  if (isOver || objectAt(job, 'spec')['suspend'] === true) return;
  const wanted = numberAt(job, ['spec', 'completions'], 1);
  const succeededOf = (pods: readonly KubeObject[]) =>
    pods.filter((pod) => textAt(pod, 'status', 'phase') === 'Succeeded').length;
  const pods = store.owned('pods', job);
  const active = pods.filter(isActive).length;
  const missing = Math.min(numberAt(job, ['spec', 'parallelism'], 1), wanted - succeededOf(pods)) - active;
  for (let count = 0; count < missing; count += 1) store.create('pods', createPod(job, {}));
  const now = formatTime(store.api.clock.now());
  const succeeded = succeededOf(pods);
  const startTime = textAt(job, 'status', 'startTime') || now;
  store.writeStatus(
    'jobs',
    job,
    succeeded >= wanted
      ? describeComplete(startTime, succeeded, now)
      : { startTime, active: active + Math.max(0, missing), ready: 0, succeeded },
  );
}

function describeComplete(startTime: string, succeeded: number, now: string): object {
  const condition = {
    status: 'True',
    lastProbeTime: now,
    lastTransitionTime: now,
    reason: 'CompletionsReached',
    message: 'Reached expected number of succeeded pods',
  };
  return {
    startTime,
    completionTime: now,
    succeeded,
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
    conditions: [
      { type: 'SuccessCriteriaMet', ...condition },
      { type: 'Complete', ...condition },
    ],
  };
}
