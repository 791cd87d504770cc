import type { Rollout, RolloutStatus, RolloutWorkload } from '../api/index.ts';
import { formatTime, type Instant } from '../core/index.ts';
import type { Evidence } from './judge-pod.ts';
import { enter, firstPhases, isEnded, type PhaseEntry } from './phases.ts';

/** Whether the bump still stands in git. */
export type Standing =
  | { readonly kind: 'stands' }
  | { readonly kind: 'superseded'; readonly because: string }
  | {
      readonly kind: 'rolled back';
      readonly because: string;
      readonly by: string;
      readonly commit: string | null;
      readonly own: boolean;
    };

/** A workload that runs the image, as it is now. */
export interface SeenWorkload extends RolloutWorkload {
  readonly evidence: Evidence | null;
}

/** What is known of a bump at one moment. */
export interface RolloutFacts {
  readonly standing: Standing;
  /** A source shows a revision with the commit in it. */
  readonly fetched: boolean;
  /** Kustomizations that have attempted such a revision. */
  readonly reached: readonly string[];
  /** Kustomizations that should get there and have not, with what they say. */
  readonly pending: readonly { readonly kustomization: string; readonly message: string; readonly failed: boolean }[];
  readonly workloads: readonly SeenWorkload[];
  /** Whether it has had as long as it may take. */
  readonly timedOut: boolean;
}

/** Status, and what is new in it. */
export interface Joined {
  readonly status: RolloutStatus;
  readonly entered: readonly PhaseEntry[];
}

/** Where the bump is now, from facts alone: nothing that was not seen is assumed, and nothing has to be remembered but times. */
export function joinFacts(rollout: Rollout, facts: RolloutFacts, now: Instant): Joined {
  const before = rollout.status ?? {};
  const known = before.phases ?? firstPhases(rollout);
  if (isEnded(before.phase)) return { status: { ...before, phases: known }, entered: [] };
  const phases = stepsOf(facts, before).reduce((list, step) => enter(list, step, now), known);
  const phase = phases.at(-1)?.phase ?? 'Committed';
  // What ended is no longer looked at; who it concerned is still to be known.
  const isOver = isEnded(phase);
  const workloads = isOver
    ? (before.workloads ?? [])
    : facts.workloads.map(({ evidence: _, ...workload }) => keepSince(workload, before, now));
  const [digest, ...others] = new Set(workloads.flatMap((one) => (one.digest === undefined ? [] : [one.digest])));
  const since = phase === 'Healthy' ? latest(workloads) : undefined;
  const status: RolloutStatus = {
    ...before,
    ...{ phase, phases, workloads },
    ...(digest === undefined || others.length > 0 ? {} : { digest }),
  };
  delete status.healthySince;
  if (since !== undefined) status.healthySince = since;
  return { status, entered: phases.slice(known.length) };
}

type Step = Omit<PhaseEntry, 'at'>;

/** Every phase that the facts have been through, in order; the last is where it is. */
function stepsOf(facts: RolloutFacts, before: RolloutStatus): Step[] {
  const { standing } = facts;
  if (standing.kind === 'superseded') return [{ phase: 'Superseded', message: standing.because }];
  if (standing.kind === 'rolled back') return [{ phase: 'RolledBack', message: standing.because }];
  const reached = new Set((before.phases ?? []).map(({ phase }) => phase));
  const steps: Step[] = [];
  if ((facts.fetched || facts.reached.length > 0) && !reached.has('Fetched'))
    steps.push({ phase: 'Fetched', message: 'a source shows a revision with the commit in it' });
  if (isApplied(facts) && !reached.has('Applied'))
    steps.push({ phase: 'Applied', message: `applied by ${facts.reached.join(', ')}` });
  return [...steps, ...outcomeOf(facts)];
}

/** Every Kustomization that it concerns has got there. */
export function isApplied({ reached, pending }: RolloutFacts): boolean {
  return reached.length > 0 && pending.length === 0;
}

function outcomeOf(facts: RolloutFacts): Step[] {
  const { workloads, pending, reached } = facts;
  const failed = workloads.find(({ state }) => state === 'Failed');
  if (failed !== undefined) return [{ phase: 'Failed', message: describeWorkload(failed) }];
  const late = facts.timedOut ? pending[0] : undefined;
  if (late !== undefined) return [{ phase: 'Failed', message: `Kustomization ${late.kustomization}: ${late.message}` }];
  if (pending.length > 0) return [];
  if (reached.length === 0)
    return facts.fetched || facts.timedOut ? [unproven('no Kustomization of this cluster applies it')] : [];
  if (workloads.some(({ state }) => state === 'Progressing')) return [];
  const healthy = workloads.filter(({ state }) => state === 'Healthy');
  const rest = workloads.filter(({ state }) => state === 'Unproven').map(nameOfWorkload);
  if (healthy.length === 0)
    return [
      unproven(
        rest.length === 0 ? 'no workload that was applied runs the image' : `${rest.join(', ')}: no ready pod runs the image`,
      ),
    ];
  const but = rest.length === 0 ? '' : `; unproven: ${rest.join(', ')}`;
  return [{ phase: 'Healthy', message: `${healthy.map(nameOfWorkload).join(', ')}${but}` }];
}

function unproven(message: string): Step {
  return { phase: 'Unproven', message };
}

export function nameOfWorkload({ kind, namespace, name }: Pick<RolloutWorkload, 'kind' | 'namespace' | 'name'>): string {
  return `${kind}/${namespace}/${name}`;
}

function describeWorkload(workload: RolloutWorkload): string {
  return `${nameOfWorkload(workload)}: ${workload.message ?? workload.state}`;
}

/** Health counts from when it was first seen, unless the workload itself says that it was interrupted since. */
function keepSince(workload: RolloutWorkload, before: RolloutStatus, now: Instant): RolloutWorkload {
  if (workload.state !== 'Healthy') {
    const { healthySince: _, ...rest } = workload;
    return rest;
  }
  const known = before.workloads?.find(
    (other) => nameOfWorkload(other) === nameOfWorkload(workload) && other.kustomization === workload.kustomization,
  );
  const since = known?.healthySince ?? formatTime(now);
  const own = workload.healthySince;
  return { ...workload, healthySince: own !== undefined && own > since ? own : since };
}

/** All have been healthy since the last of them was. */
function latest(workloads: readonly RolloutWorkload[]): string | undefined {
  return workloads
    .flatMap(({ healthySince }) => (healthySince === undefined ? [] : [healthySince]))
    .toSorted()
    .at(-1);
}
