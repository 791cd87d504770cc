import { isDeepStrictEqual } from 'node:util';
import type { Kustomization } from '../api/index.ts';
import {
  ApplyError,
  changeList,
  difference,
  healthFailureText,
  type Inventory,
  inventoryOf,
  pruneFailure,
  pruneList,
  union,
} from '../apply/index.ts';
import { formatKey, type Instant, type KubeObject, nameOf, type StepContext } from '../core/index.ts';
import { ApplyInterrupted, type ApplyResult, applyManifests, manifestsOf } from './kustomization-apply.ts';
import { findAutoscaled } from './kustomization-autoscaled.ts';
import type { KustomizationDeps } from './kustomization-deps.ts';
import { failureOf, type RunFacts } from './kustomization-failure.ts';
import { type HealthWaits, healthTargets } from './kustomization-health.ts';
import type { KustomizationPlan } from './kustomization-plan.ts';
import { pruneStale } from './kustomization-prune.ts';
import type { RecordBook } from './kustomization-records.ts';
import { activityOf, intervalMsOf, inventoryOfStatus, isRequested } from './kustomization-spec.ts';
import { StagePending, type StageWait } from './kustomization-stage.ts';
import { eventMetadata } from './source-revision.ts';
import { withoutStrayNamespaces } from './stray-namespaces.ts';

/** What the runs of this process keep between them. */
export interface KustomizationMemory {
  readonly deps: KustomizationDeps;
  readonly records: RecordBook;
  readonly waits: HealthWaits;
  /** When everything was last looked at, also what no watch tells; by key. */
  readonly looked: Map<string, { readonly at: Instant; readonly generation: number | undefined }>;
  /** What each Kustomization applies, by key. */
  readonly manifests: Map<string, Manifests>;
  /** What stages wait for, by key. */
  readonly stages: Map<string, StageWait>;
}

/** The manifests of a build and a spec: the same objects each time, so that what is known of each is not computed anew. */
export interface Manifests {
  readonly of: string;
  readonly objects: readonly KubeObject[];
}

export interface RunDone {
  readonly changed: boolean;
  readonly inventory: Inventory;
  /** What a person has to confirm. */
  readonly unconfirmed: string | null;
  /** What has to be there before the rest can be applied; null where all is applied. */
  readonly stage: { readonly message: string; readonly remainingMs: number } | null;
  readonly health: { readonly state: 'none' | 'healthy' | 'waiting'; readonly message: string; readonly remainingMs: number };
}

type ApplyPlan = Extract<KustomizationPlan, { do: 'apply' }>;

interface Run {
  readonly plan: ApplyPlan;
  readonly kustomization: Kustomization;
  readonly context: StepContext;
  readonly memory: KustomizationMemory;
}

/** Applies, prunes and looks at the health of a build; every step is recorded before the next depends on it. Throws `KustomizationError`. */
export async function runPlan(
  plan: ApplyPlan,
  kustomization: Kustomization,
  context: StepContext,
  memory: KustomizationMemory,
): Promise<RunDone> {
  const run: Run = { plan, kustomization, context, memory };
  context.progress(activityOf('Detecting drift', kustomization, plan.of));
  const manifests = await withoutStrayNamespaces(manifestsOrFail(run), memory.deps.cluster);
  const planned = inventoryOf(manifests);
  const held = await recordPlanned(run, planned);
  const applied = await memory.deps.drift.during(nameOf(kustomization), () => applyAndRecord(run, manifests));
  if (applied instanceof StagePending) return pendingDone(applied, run, held);
  const pruned = await prune(run, planned, held);
  const health = await checkHealth(run, manifests, { applied, inventory: pruned.inventory });
  memory.looked.set(formatKey(nameOf(kustomization)), { at: lookedAt(run), generation: kustomization.metadata.generation });
  return {
    changed: pruned.changed || changeList(applied.changes) !== '',
    inventory: pruned.inventory,
    unconfirmed: pruned.unconfirmed,
    stage: null,
    health,
  };
}

/** Every change of what is waited for wakes the next run. */
function pendingDone({ message, ids, remainingMs }: StagePending, { kustomization, memory }: Run, inventory: Inventory): RunDone {
  memory.deps.drift.wakeOn(nameOf(kustomization), ids);
  return { changed: true, inventory, unconfirmed: null, stage: { message, remainingMs }, health: noHealth };
}

const noHealth: RunDone['health'] = { state: 'none', message: '', remainingMs: 0 };

function manifestsOrFail(run: Run): readonly KubeObject[] {
  const { kustomization, plan, memory } = run;
  const key = formatKey(nameOf(kustomization));
  const of = `${kustomization.metadata.generation} ${plan.build.key}`;
  const known = memory.manifests.get(key);
  if (known?.of === of) return known.objects;
  try {
    const objects = manifestsOf(kustomization, plan.build);
    memory.manifests.set(key, { of, objects });
    return objects;
  } catch (error) {
    throw failureOf(run.kustomization, error, factsOf(run));
  }
}

/** From here on status knows all that may exist; it shrinks only after deletes were confirmed. Returns what it knows. */
async function recordPlanned({ plan, kustomization, context, memory }: Run, planned: Inventory): Promise<Inventory> {
  const before = inventoryOfStatus(kustomization);
  const records = await memory.records.read(nameOf(kustomization));
  if (records.settled === null && before.length > 0)
    await memory.records.write(nameOf(kustomization), { ...records, settled: before });
  const all = union(before, planned);
  if (difference(all, before).length > 0)
    await context.recordStatus({ inventory: { entries: all }, lastAttemptedRevision: plan.of.revision });
  return all;
}

async function applyAndRecord(run: Run, manifests: readonly KubeObject[]): Promise<ApplyResult | StagePending> {
  const { plan, kustomization, context, memory } = run;
  const owner = nameOf(kustomization);
  const records = await memory.records.read(owner);
  const input = {
    kustomization,
    manifests,
    records: records.objects,
    full: isFullLook(run),
    of: `${plan.of.revision} ${kustomization.metadata.generation}`,
    stages: memory.stages,
    autoscaled: findAutoscaled([...memory.manifests.values()].flatMap(({ objects }) => objects)),
  };
  const keep = async (result: ApplyResult) => {
    memory.deps.drift.expect(owner, result.expected);
    await memory.records.write(owner, { ...records, objects: result.records });
    tellChanges(changeList(result.changes), run);
    tellWatcherNews(run);
  };
  try {
    const result = await applyManifests(input, context, memory.deps);
    await keep(result);
    return result;
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ApplyInterrupted)) throw failureOf(kustomization, error, factsOf(run));
    await keep(error.result);
    if (error.cause instanceof StagePending) return error.cause;
    memory.stages.delete(formatKey(owner));
    throw failureOf(kustomization, withChanges(error), { ...factsOf(run), digest: plan.build.digest });
  }
}

/** Flux's text: the error, then what was changed before it. */
function withChanges({ cause, result, message }: ApplyInterrupted): unknown {
  const changes = changeList(result.changes);
  return changes === '' || !(cause instanceof ApplyError)
    ? cause
    : new ApplyError(cause.code, `${message}\n${changes}`, { cause });
}

/** At the interval, for a new spec and when somebody asked, also that is looked at which no watch can tell. */
function isFullLook({ kustomization, context, memory }: Run): boolean {
  const last = memory.looked.get(formatKey(nameOf(kustomization)));
  if (last === undefined || isRequested(kustomization) || last.generation !== kustomization.metadata.generation) return true;
  return context.clock.now() - last.at >= intervalMsOf(kustomization) * 0.9;
}

function lookedAt(run: Run): Instant {
  const { kustomization, context, memory } = run;
  const last = memory.looked.get(formatKey(nameOf(kustomization)));
  return isFullLook(run) || last === undefined ? context.clock.now() : last.at;
}

async function prune(
  run: Run,
  planned: Inventory,
  held: Inventory,
): Promise<{ inventory: Inventory; changed: boolean; unconfirmed: string | null }> {
  const { plan, kustomization, context, memory } = run;
  const owner = nameOf(kustomization);
  const records = await memory.records.read(owner);
  const stale = kustomization.spec.prune ? difference(held, planned) : [];
  const budget = { revision: plan.of.revision, settled: records.settled ?? inventoryOfStatus(kustomization), planned };
  const result = await pruneStale({ kustomization, stale, artifact: plan.artifact, budget }, context, memory.deps).catch(
    (error: unknown) => {
      context.signal.throwIfAborted();
      throw failureOf(kustomization, error, { ...factsOf(run), digest: plan.build.digest });
    },
  );
  tellChanges(pruneList(result.changes), run);
  const inventory = union(result.kept, planned);
  if (result.failures.length > 0)
    throw failureOf(kustomization, pruneFailure(result.failures), {
      ...factsOf(run),
      digest: plan.build.digest,
      status: { inventory: { entries: inventory } },
    });
  if (result.unconfirmed === null && !isDeepStrictEqual(records.settled, inventory))
    await memory.records.write(owner, { ...records, settled: inventory });
  const changed = result.changes.some(({ action }) => action === 'deleted');
  return { inventory, changed, unconfirmed: result.unconfirmed };
}

async function checkHealth(
  run: Run,
  manifests: readonly KubeObject[],
  { applied, inventory }: { applied: ApplyResult; inventory: Inventory },
): Promise<RunDone['health']> {
  const { plan, kustomization, context, memory } = run;
  const targets = healthTargets(kustomization, manifests, applied.changes);
  if (targets === null) {
    memory.waits.forget(nameOf(kustomization), memory.deps);
    return noHealth;
  }
  context.progress(activityOf('Running health checks', kustomization, plan.of));
  const { summary, elapsedMs, remainingMs } = await memory.waits.check(kustomization, targets, {
    revision: plan.of.revision,
    context,
    deps: memory.deps,
    written: applied.written,
  });
  if (summary.do === 'wait') return { state: 'waiting', message: summary.because, remainingMs };
  if (summary.do === 'healthy') return { state: 'healthy', message: summary.message, remainingMs: 0 };
  throw failureOf(kustomization, new ApplyError('HEALTH_CHECK_FAILED', healthFailureText(summary.message, elapsedMs)), {
    ...factsOf(run),
    digest: plan.build.digest,
    unhealthy: summary.message,
    status: { inventory: { entries: inventory } },
  });
}

function factsOf({ plan, context }: Run): RunFacts {
  return { of: plan.of, startedAt: plan.startedAt, now: context.clock.now() };
}

function tellChanges(list: string, { plan, context }: Run): void {
  if (list === '') return;
  context.event({ type: 'Normal', reason: 'Progressing', message: list, metadata: eventMetadata(plan.of) });
}

function tellWatcherNews({ kustomization, context, memory }: Run): void {
  const owner = nameOf(kustomization);
  for (const { because } of memory.deps.drift.takeContests(owner))
    context.event({ type: 'Warning', reason: 'DriftContested', message: because });
  const unwatched = memory.deps.drift.takeUnwatched(owner);
  if (unwatched.length > 0)
    context.event({
      type: 'Warning',
      reason: 'DriftUnwatched',
      message: `changes to these kinds are found at the interval only: ${unwatched.join('; ')}`,
    });
}
