import { healthOf, inventoryId } from '../apply/index.ts';
import { describeObject, type Instant, type KubeObject, refOf, type StepContext, TagalongError } from '../core/index.ts';
import { concurrently } from './concurrently.ts';
import type { KustomizationDeps } from './kustomization-deps.ts';

/** What a later stage of a Kustomization waits for: definitions that are not served yet, namespaces that are not active. */
export interface StageWait {
  /** Revision and spec: another one has the whole time again. */
  readonly of: string;
  readonly since: Instant;
  readonly ids: ReadonlySet<string>;
}

/** A stage is not Current yet: the run ends here, holding no worker, and the next one goes on. */
export class StagePending extends Error {
  readonly ids: readonly string[];
  readonly remainingMs: number;
  constructor(message: string, { ids, remainingMs }: { readonly ids: readonly string[]; readonly remainingMs: number }) {
    super(message);
    this.ids = ids;
    this.remainingMs = remainingMs;
  }
}

export interface StageLook {
  readonly context: StepContext;
  readonly deps: KustomizationDeps;
  /** Of this Kustomization; null when nothing was waited for. */
  readonly before: StageWait | null;
  readonly of: string;
  readonly timeoutMs: number;
}

/** Most definitions are served and most namespaces active within this time: less than ending a run and starting another costs. */
const inlineMs = 2000;

/** Null once all of these are Current and served; else what is waited for from now on. Throws STAGE_TIMEOUT. */
export async function waitForStage(manifests: readonly KubeObject[], look: StageLook): Promise<StageWait | null> {
  const { clock } = look.deps;
  const since = look.before?.of === look.of ? look.before.since : clock.now();
  const deadline = clock.now() + inlineMs;
  let pending = manifests;
  for (let waitMs = 10; ; waitMs = Math.min(500, waitMs * 2)) {
    const current = await concurrently(pending, 8, (manifest) => isCurrent(manifest, look));
    pending = pending.filter((_manifest, index) => current[index] !== true);
    if (pending.length === 0) return null;
    if (clock.now() - since >= look.timeoutMs) throw timedOut(pending);
    if (clock.now() >= deadline) return { of: look.of, since, ids: new Set(pending.map((one) => inventoryId(refOf(one)))) };
    await clock.sleep(waitMs, look.context.signal);
  }
}

export function stagePending(wait: StageWait, manifests: readonly KubeObject[], { deps, timeoutMs }: StageLook): StagePending {
  const pending = manifests.filter((manifest) => wait.ids.has(inventoryId(refOf(manifest))));
  const remainingMs = Math.max(1, wait.since + timeoutMs - deps.clock.now());
  return new StagePending(`waiting for: [${describe(pending)}]`, { ids: [...wait.ids], remainingMs });
}

function timedOut(pending: readonly KubeObject[]): TagalongError {
  return new TagalongError('STAGE_TIMEOUT', `timeout waiting for: [${describe(pending)}]`);
}

function describe(pending: readonly KubeObject[]): string {
  return pending.map((manifest) => `${describeObject(manifest)} status: 'InProgress'`).join(', ');
}

async function isCurrent(manifest: KubeObject, { context, deps }: StageLook): Promise<boolean> {
  const live = await deps.cluster.get(refOf(manifest), context.signal);
  if (healthOf(live, deps.clock.now()).status !== 'Current') return false;
  for (const kind of kindsDefinedBy(manifest)) if ((await deps.cluster.resource(kind)) === null) return false;
  return true;
}

function kindsDefinedBy(manifest: KubeObject): { group: string; version: string; kind: string }[] {
  if (manifest.kind !== 'CustomResourceDefinition') return [];
  const spec = manifest['spec'] as
    | { group?: string; names?: { kind?: string }; versions?: { name?: string; served?: boolean }[] }
    | undefined;
  const { group, names, versions = [] } = spec ?? {};
  if (group === undefined || names?.kind === undefined) return [];
  const kind = names.kind;
  return versions.flatMap(({ name, served }) => (served === true && name !== undefined ? [{ group, version: name, kind }] : []));
}
