import type { Evidence, PodJudgement } from './judge-pod.ts';

/** What is known of a workload whose pod template has the image. */
export interface WorkloadFacts {
  /** `Deployment/shop/web`. */
  readonly subject: string;
  /** As kstatus says. */
  readonly health: 'Current' | 'InProgress' | 'Failed' | 'Other';
  readonly healthMessage: string;
  /** It wants no pods: scaled to zero, a CronJob, a DaemonSet without nodes. */
  readonly wantsNone: boolean;
  /** Its pods that have the image. */
  readonly pods: readonly PodJudgement[];
  /** Whether the bump has had as long as it may take. */
  readonly timedOut: boolean;
  /** Whether it is still to be decided if the bump is good; afterwards a failure is nobody's evidence. */
  readonly onTrial: boolean;
}

export interface WorkloadJudgement {
  readonly state: 'Healthy' | 'Progressing' | 'Failed' | 'Unproven';
  readonly message: string;
  readonly readyPods: number;
  /** What its ready pods run, where they agree. */
  readonly digest: string | null;
  /** What speaks against the image; null where it is not the image that failed, or nothing failed. */
  readonly evidence: Evidence | null;
}

/** How a workload does with the image. Only its containers of that image can speak against it. */
export function judgeWorkload(facts: WorkloadFacts): WorkloadJudgement {
  const ready = facts.pods.filter((pod) => pod.ready);
  const base = { readyPods: ready.length, digest: agreement(ready), evidence: null };
  const evidence = facts.onTrial ? findEvidence(facts) : null;
  if (evidence !== null) return { ...base, state: 'Failed', message: evidence.message, evidence };
  if (facts.health === 'Current' && ready.length > 0)
    return { ...base, state: 'Healthy', message: `${ready.length} ready pod(s) run the image` };
  if (facts.wantsNone || facts.health === 'Current')
    return { ...base, state: 'Unproven', message: 'no ready pod runs the image' };
  const message = describeLack(facts);
  return { ...base, state: isOverdue(facts) ? 'Failed' : 'Progressing', message };
}

function findEvidence(facts: WorkloadFacts): Evidence | null {
  const strong = facts.pods.map(({ evidence }) => evidence).find((one) => one !== null) ?? null;
  if (strong !== null) return strong;
  if (!isOverdue(facts) || facts.wantsNone || facts.pods.some(({ excuse }) => excuse !== null)) return null;
  const started = facts.pods.map((pod) => pod.started).find((one) => one !== null) ?? null;
  return started === null ? null : { kind: 'NotReady', message: `${started.message}; ${overdueWords(facts)}` };
}

function isOverdue({ health, timedOut }: WorkloadFacts): boolean {
  return health === 'Failed' || (timedOut && health !== 'Current');
}

function overdueWords({ health, healthMessage }: WorkloadFacts): string {
  return health === 'Failed' ? healthMessage : 'the time it may take is over';
}

function describeLack({ pods, healthMessage }: WorkloadFacts): string {
  const lack = pods.map(({ excuse, started }) => excuse ?? started?.message ?? null).find((one) => one !== null);
  return lack === undefined || lack === null ? healthMessage : `${healthMessage}; ${lack}`;
}

function agreement(ready: readonly PodJudgement[]): string | null {
  const [only = null, ...others] = new Set(ready.map(({ digest }) => digest));
  return others.length > 0 ? null : only;
}
