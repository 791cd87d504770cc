import type { Instant, KubeObject } from '../core/index.ts';
import { conditionsOf, fieldNumber, fieldText, isTrue } from './health-fields.ts';
import { podHealth } from './health-of-pod.ts';
import { current, failed, type Health, inProgress } from './health-result.ts';
import { daemonSetHealth, deploymentHealth, replicaSetHealth, statefulSetHealth } from './health-workloads.ts';

export type HealthRule = (object: KubeObject, now: Instant) => Health;

const alwaysReady: HealthRule = () => current('Resource is always ready');

/** The rules of kinds that kstatus knows, by `group/Kind`. */
export const healthRules: ReadonlyMap<string, HealthRule> = new Map([
  ['apps/Deployment', deploymentHealth],
  ['apps/StatefulSet', statefulSetHealth],
  ['apps/DaemonSet', daemonSetHealth],
  ['apps/ReplicaSet', replicaSetHealth],
  ['Pod', podHealth],
  ['PersistentVolumeClaim', claimHealth],
  ['Service', serviceHealth],
  ['batch/Job', jobHealth],
  ['apiextensions.k8s.io/CustomResourceDefinition', definitionHealth],
  ['policy/PodDisruptionBudget', () => current('AllowedDisruptions has been computed.')],
  ['ConfigMap', alwaysReady],
  ['Secret', alwaysReady],
  ['batch/CronJob', alwaysReady],
]);

function claimHealth(claim: KubeObject): Health {
  const phase = fieldText(claim, 'status.phase') || 'unknown';
  return phase === 'Bound' ? current('PVC is Bound') : inProgress(`PVC is not Bound. phase: ${phase}`);
}

// An ingress address is not asked for: many clusters never give one.
function serviceHealth(service: KubeObject): Health {
  const lacksAddress = fieldText(service, 'spec.type') === 'LoadBalancer' && fieldText(service, 'spec.clusterIP') === '';
  return lacksAddress ? inProgress('ClusterIP not set. Service type: LoadBalancer') : current('Service is ready');
}

// Stricter than kstatus, as Flux is: a job that merely runs is not done.
function jobHealth(job: KubeObject): Health {
  const completions = fieldNumber(job, 'spec.completions', fieldNumber(job, 'spec.parallelism', 1));
  const count = (field: string) => fieldNumber(job, `status.${field}`, 0);
  for (const condition of conditionsOf(job).filter(isTrue)) {
    if (condition.type === 'Complete') return current(`Job Completed. succeeded: ${count('succeeded')}/${completions}`);
    if (condition.type === 'Failed') return failed(`Job Failed. failed: ${count('failed')}/${completions}`);
    if (condition.type === 'Suspended') return current('Job is suspended');
  }
  if (fieldText(job, 'status.startTime') === '') return inProgress('Job not started');
  return inProgress(`Job in progress. success:${count('succeeded')}, active: ${count('active')}, failed: ${count('failed')}`);
}

function definitionHealth(definition: KubeObject): Health {
  for (const { type, status, reason, message } of conditionsOf(definition)) {
    if (type === 'NamesAccepted' && status === 'False') return failed(message);
    if (type === 'Established' && status === 'False' && reason !== 'Installing') return failed(message);
    if (type === 'Established' && status === 'True') return current('CRD is established');
  }
  return inProgress('Install in progress');
}
