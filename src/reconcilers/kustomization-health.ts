import type { Kustomization } from '../api/index.ts';
import {
  type Change,
  expressionsInOrder,
  type Health,
  type HealthExpressions,
  type HealthResult,
  type HealthSummary,
  healthBeforeExpressions,
  healthByExpressions,
  healthExpressionsFor,
  healthOf,
  inventoryId,
  mayVanish,
  summariseHealth,
} from '../apply/index.ts';
import {
  type Clock,
  errorMessage,
  formatKey,
  type Instant,
  type KubeObject,
  type NamespacedName,
  nameOf,
  type ObjectRef,
  parseApiVersion,
  refOf,
  type StepContext,
  type WatchEvent,
} from '../core/index.ts';
import { concurrently } from './concurrently.ts';
import type { KustomizationDeps } from './kustomization-deps.ts';
import { timeoutMsOf } from './kustomization-spec.ts';

export interface HealthTarget {
  readonly ref: ObjectRef;
  /** Null for what is not applied here. */
  readonly manifest: KubeObject | null;
}

/** What has to be healthy before the Kustomization is ready; null when nobody asked for that. */
export function healthTargets(
  kustomization: Kustomization,
  manifests: readonly KubeObject[],
  changes: readonly Change[],
): HealthTarget[] | null {
  const { wait, healthChecks = [] } = kustomization.spec;
  if (wait === true) {
    const skipped = new Set(changes.filter(({ action }) => action === 'skipped').map(({ ref }) => inventoryId(ref)));
    return manifests
      .filter((manifest) => !skipped.has(inventoryId(refOf(manifest))) && !isItself(kustomization, manifest))
      .map((manifest) => ({ ref: refOf(manifest), manifest }));
  }
  if (healthChecks.length === 0) return null;
  return healthChecks.map(({ apiVersion, kind, name, namespace }) => ({
    ref: {
      ...parseApiVersion(apiVersion === undefined || apiVersion === '' ? 'apps/v1' : apiVersion),
      kind,
      name,
      ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    },
    manifest: null,
  }));
}

function isItself(kustomization: Kustomization, manifest: KubeObject): boolean {
  const { name, namespace } = nameOf(kustomization);
  return manifest.kind === kustomization.kind && manifest.metadata.name === name && manifest.metadata.namespace === namespace;
}

interface Wait {
  /** Revision and spec that are waited for: another one starts anew. */
  readonly id: string;
  readonly startedAt: Instant;
  /** What was found Current, by id → in which version. */
  readonly current: Map<string, string>;
  /** Watches of objects that the drift watch does not tell about. */
  readonly watches: Map<string, AbortController>;
  over: boolean;
}

interface LookTools {
  readonly context: StepContext;
  readonly deps: KustomizationDeps;
  /** `spec.healthCheckExprs`. */
  readonly rules: readonly HealthExpressions[];
  readonly written: ReadonlyMap<string, KubeObject>;
}

export interface CheckFacts {
  readonly revision: string;
  readonly context: StepContext;
  readonly deps: KustomizationDeps;
  /** What this run wrote, by id, as the server answered: it need not be asked for where nobody changed it since. */
  readonly written: ReadonlyMap<string, KubeObject>;
}

/** Health waits by Kustomization, in memory: a restart begins them anew. No worker is held meanwhile. */
export class HealthWaits {
  readonly #waits = new Map<string, Wait>();

  /** How all targets are, and how long they have been waited for. Until they are healthy, their changes wake the Kustomization. */
  async check(
    kustomization: Kustomization,
    targets: readonly HealthTarget[],
    { revision, context, deps, written }: CheckFacts,
  ): Promise<{ summary: HealthSummary; elapsedMs: number; remainingMs: number }> {
    const owner = nameOf(kustomization);
    const wait = this.#wait(owner, `${revision} ${kustomization.metadata.generation}`, deps.clock);
    const tools = { context, deps, written, rules: kustomization.spec.healthCheckExprs ?? [] };
    // Watching starts before the look, so that no change falls between the two.
    this.#watch(owner, wait, targets, tools);
    const results = await concurrently(targets, 8, (target) => look(target, wait, tools));
    const elapsedMs = deps.clock.now() - wait.startedAt;
    const timeoutMs = timeoutMsOf(kustomization);
    const summary = summariseHealth(results, { elapsedMs, timeoutMs });
    if (summary.do === 'healthy') this.#end(owner, wait, deps);
    // What failed may still come right: its changes go on waking, and the next look starts another wait.
    if (summary.do === 'failed') wait.over = true;
    return { summary, elapsedMs, remainingMs: Math.max(0, timeoutMs - elapsedMs) };
  }

  forget(owner: NamespacedName, deps: KustomizationDeps): void {
    const wait = this.#waits.get(formatKey(owner));
    if (wait !== undefined) this.#end(owner, wait, deps);
    this.#waits.delete(formatKey(owner));
  }

  #wait(owner: NamespacedName, id: string, clock: Clock): Wait {
    const key = formatKey(owner);
    const known = this.#waits.get(key);
    if (known !== undefined && known.id === id && !known.over) return known;
    for (const watch of known?.watches.values() ?? []) watch.abort();
    const current = known?.current ?? new Map<string, string>();
    const wait: Wait = { id, startedAt: clock.now(), current, watches: new Map(), over: false };
    this.#waits.set(key, wait);
    return wait;
  }

  #end(owner: NamespacedName, wait: Wait, deps: KustomizationDeps): void {
    wait.over = true;
    deps.drift.wakeOn(owner, []);
    for (const watch of wait.watches.values()) watch.abort(new Error('the health wait is over'));
    wait.watches.clear();
  }

  #watch(owner: NamespacedName, wait: Wait, targets: readonly HealthTarget[], tools: LookTools): void {
    const { deps } = tools;
    const isKnown = ({ manifest }: HealthTarget) => manifest !== null && deps.drift.look(manifest).state !== 'unknown';
    deps.drift.wakeOn(
      owner,
      targets.filter(isKnown).map(({ ref }) => inventoryId(ref)),
    );
    for (const target of targets.filter((one) => !isKnown(one))) {
      const id = inventoryId(target.ref);
      if (!wait.watches.has(id)) wait.watches.set(id, watchOne(owner, target.ref, tools));
    }
  }
}

/** Wakes the Kustomization on every change of one object, until aborted. */
function watchOne(owner: NamespacedName, ref: ObjectRef, { context, deps }: LookTools): AbortController {
  const stopping = new AbortController();
  const options = {
    fieldSelector: `metadata.name=${ref.name}`,
    metadataOnly: true,
    signal: AbortSignal.any([stopping.signal, context.signal]),
    ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }),
  };
  const wake = (event: WatchEvent) => {
    if (event.type !== 'synced' || event.objects.length > 0)
      deps.wake({ kind: 'Kustomization', ...owner }, 'an object whose health is waited for changed');
  };
  // Where it cannot be watched, the next look comes by time.
  deps.cluster.watch(ref, options, skipFirst(wake)).catch(() => {});
  return stopping;
}

/** The first listing tells nothing that the look right after does not. */
function skipFirst(observer: (event: WatchEvent) => void): (event: WatchEvent) => void {
  let isFirst = true;
  return (event) => {
    if (!isFirst) observer(event);
    isFirst = false;
  };
}

async function look({ ref, manifest }: HealthTarget, wait: Wait, tools: LookTools): Promise<HealthResult> {
  const { context, deps } = tools;
  const id = inventoryId(ref);
  const vanishes = manifest !== null && mayVanish(manifest) ? { mayVanish: true } : {};
  const known = manifest === null ? null : deps.drift.look(manifest);
  const version = known?.state === 'seen' ? known.object.metadata.resourceVersion : undefined;
  if (version !== undefined && wait.current.get(id) === version)
    return { ref, health: { status: 'Current', message: '' }, ...vanishes };
  const fresh = tools.written.get(id)?.metadata.resourceVersion === version ? tools.written.get(id) : undefined;
  try {
    const live = fresh ?? (await deps.cluster.get(ref, context.signal));
    const health = await judgeHealth(live, tools);
    if (health.status === 'Current') wait.current.set(id, live?.metadata.resourceVersion ?? '');
    else wait.current.delete(id);
    return { ref, health, ...vanishes };
  } catch (error) {
    context.signal.throwIfAborted();
    return { ref, health: null, error: errorMessage(error), ...vanishes };
  }
}

/** By the rules of the Kustomization where one is for the kind, else by kstatus. */
async function judgeHealth(live: KubeObject | null, { deps, rules }: LookTools): Promise<Health> {
  const rule = live === null ? null : healthExpressionsFor(live, rules);
  if (live === null || rule === null) return healthOf(live, deps.clock.now());
  const early = healthBeforeExpressions(live);
  if (early !== null) return early;
  const expressions = expressionsInOrder(rule).map(({ text }) => ({ text, scope: 'object' as const }));
  return healthByExpressions(rule, await deps.expressions.evaluate(expressions, live));
}
