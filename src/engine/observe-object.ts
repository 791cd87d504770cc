import {
  type Difference,
  errorMessage,
  type KubeObject,
  type PlanLike,
  type ReadyState,
  type Reconciler,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import { planResource } from './plan-resource.ts';
import type { Outcome, ReconcileDeps } from './reconcile-object.ts';
import { describeIntent, nextLook, standingOf } from './stand-aside.ts';

/** What a run found that only observes. */
export interface Observation {
  readonly resource: KubeObject;
  /** Why nothing was planned; null where something was. */
  readonly aside: string | null;
  /** The plan in a sentence; '' where there is none. */
  readonly intent: string;
  /** Where the plan differs from what was done by whoever serves the object. */
  readonly differences: readonly Difference[];
}

export type Observed = (observation: Observation) => void;

/** Takes a run to its plan, compares that with what status tells, and writes nothing: no status, no finalizer, no event. */
export async function observeObject<R extends KubeObject, S, P extends PlanLike, D, Q>(
  reconciler: Reconciler<R, S, P, D, Q>,
  resource: KubeObject,
  deps: ReconcileDeps,
  observed: Observed,
): Promise<Outcome> {
  const aside = asideOf(resource, deps);
  if (aside !== null) {
    observed({ resource, aside, intent: '', differences: [] });
    return { result: 'observed', next: 'never' };
  }
  const found = await compare(reconciler, resource as R, deps).catch((error: unknown) => failed(resource, error, deps));
  if (found === null) return { result: 'superseded', next: 'never' };
  observed({ resource, aside, ...found });
  return { result: 'observed', next: nextLook(resource['spec']) };
}

type Found = Pick<Observation, 'intent' | 'differences'>;

async function compare<R extends KubeObject, S, P extends PlanLike, D, Q>(
  reconciler: Reconciler<R, S, P, D, Q>,
  resource: R,
  deps: ReconcileDeps,
): Promise<Found> {
  const refusal = deps.refuse?.(resource) ?? null;
  if (refusal !== null) return { intent: 'would stall', differences: [{ kind: 'unsupported', message: refusal.message }] };
  const context = quietContext(deps);
  const plan = await planResource(reconciler, resource, context);
  return { intent: describeIntent(plan), differences: (await reconciler.preview?.(plan, resource, context)) ?? [] };
}

function asideOf(resource: KubeObject, { clock }: ReconcileDeps): string | null {
  if (resource.metadata.deletionTimestamp !== undefined) return 'it is being deleted';
  const standing = standingOf(resource, clock.now());
  if (standing.kind === 'paused') return standing.message;
  return standing.kind === 'suspended' ? 'it is suspended' : null;
}

/** What fails for us is a difference where it works for the other; where it does not, both agree. Null: another run takes its place. */
function failed(resource: KubeObject, error: unknown, deps: ReconcileDeps): Found | null {
  if (deps.signal.aborted) return null;
  const reason = (error instanceof TagalongError ? error.reason : undefined) ?? 'Failed';
  const message = errorMessage(error);
  const intent = `would fail: ${message}`;
  const ready = readyOf(resource);
  if (ready?.status === 'False') return { intent: `${intent} (it fails already: ${ready.message})`, differences: [] };
  return { intent, differences: [{ kind: 'failure', message: `would fail with ${reason}: ${message}` }] };
}

function readyOf(resource: KubeObject): ReadyState | undefined {
  const { conditions = [] } = (resource['status'] ?? {}) as { conditions?: (ReadyState & { type: string })[] };
  return conditions.find(({ type }) => type === 'Ready');
}

/** Progress, status and events of a run that must leave no trace. */
function quietContext({ clock, log, signal }: ReconcileDeps): StepContext {
  return { clock, log, signal, progress() {}, recordStatus: async () => {}, event() {} };
}
