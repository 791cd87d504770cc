import { decryptAnnotation, type Kustomization } from '../api/index.ts';
import {
  type Change,
  compileIgnoreRules,
  type DriftRecord,
  healthOf,
  type IgnoredFields,
  inventoryId,
  normaliseObject,
  planStages,
  type Stage,
  sortChanges,
  stageWaitMs,
  withCommonMetadata,
  withOwnerLabels,
} from '../apply/index.ts';
import type { Build } from '../build/index.ts';
import { describeObject, type KubeObject, nameOf, refOf, type StepContext, TagalongError } from '../core/index.ts';
import { concurrently } from './concurrently.ts';
import { findAbsent } from './kustomization-absent.ts';
import { type Applied, type ApplyTools, applyPrepared, prepareObject } from './kustomization-apply-object.ts';
import { decideCandidate } from './kustomization-candidates.ts';
import type { KustomizationDeps } from './kustomization-deps.ts';
import type { Expected } from './kustomization-drift.ts';

const defaultConcurrency = 16;

/** The objects of a build as they will be sent, in build order. Refuses what is still encrypted: it would replace a secret by garbage. */
export function manifestsOf(kustomization: Kustomization, { objects }: Build): KubeObject[] {
  const owner = nameOf(kustomization);
  for (const { object } of objects) if (isEncrypted(object)) throw encrypted(object);
  const { commonMetadata = {} } = kustomization.spec;
  return objects.map(({ object }) => withCommonMetadata(normaliseObject(withOwnerLabels(object, owner)), commonMetadata));
}

function isEncrypted(object: KubeObject): boolean {
  if (object.kind !== 'Secret' || object.metadata.annotations?.[decryptAnnotation] === 'disabled') return false;
  return typeof object['sops'] === 'object' && object['sops'] !== null;
}

function encrypted(object: KubeObject): TagalongError {
  const message = `${describeObject(object)} is SOPS encrypted, configuring decryption is required for this secret to be reconciled`;
  return new TagalongError('ENCRYPTED', message);
}

export interface ApplyRun {
  readonly kustomization: Kustomization;
  readonly manifests: readonly KubeObject[];
  readonly records: ReadonlyMap<string, DriftRecord>;
  readonly full: boolean;
  readonly autoscaled: ReadonlySet<string>;
}

export interface ApplyResult {
  /** In the order of applying, with what was left as it is. */
  readonly changes: readonly Change[];
  readonly records: ReadonlyMap<string, DriftRecord>;
  readonly expected: ReadonlyMap<string, Expected>;
}

/** A stage failed; what was done until then is kept. */
export class ApplyInterrupted extends Error {
  readonly result: ApplyResult;
  constructor(cause: unknown, result: ApplyResult) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.result = result;
  }
}

/**
 * Brings every object to what its manifest says, stage by stage, touching only those that changed in git or drifted. Each stage is
 * tried as a whole before any of it is written. Throws `ApplyInterrupted`.
 */
export async function applyManifests(run: ApplyRun, context: StepContext, deps: KustomizationDeps): Promise<ApplyResult> {
  const ignoredIn = compileIgnoreRules(run.kustomization.spec.ignore ?? []);
  const progress = new Progress(run, deps, ignoredIn);
  try {
    for (const stage of planStages(run.manifests)) await applyStage(stage, progress, { run, context, deps, ignoredIn });
    return progress.result();
  } catch (error) {
    throw new ApplyInterrupted(error, progress.result());
  }
}

class Progress {
  readonly #changes: Change[] = [];
  readonly #records: Map<string, DriftRecord>;
  readonly #run: ApplyRun;
  readonly #deps: KustomizationDeps;
  readonly #ignoredIn: IgnoredFields;

  constructor(run: ApplyRun, deps: KustomizationDeps, ignoredIn: IgnoredFields) {
    this.#run = run;
    this.#ignoredIn = ignoredIn;
    this.#deps = deps;
    const ids = new Set(run.manifests.map((manifest) => inventoryId(refOf(manifest))));
    this.#records = new Map([...run.records].filter(([id]) => ids.has(id)));
  }

  left(manifest: KubeObject, action: 'unchanged' | 'skipped'): void {
    this.#changes.push({ ref: refOf(manifest), action });
  }

  note({ manifest, change, record, object }: Applied): void {
    const id = inventoryId(refOf(manifest));
    this.#changes.push(change);
    if (record === null) this.#records.delete(id);
    else this.#records.set(id, record);
    if (object !== null) this.#deps.drift.offer(object);
  }

  result(): ApplyResult {
    const expected = new Map<string, Expected>();
    for (const manifest of this.#run.manifests) {
      const id = inventoryId(refOf(manifest));
      const [record, autoscaled] = [this.#records.get(id) ?? null, this.#run.autoscaled.has(id)];
      expected.set(id, { manifest, record, autoscaled, ignored: this.#ignoredIn(manifest) });
    }
    return { changes: sortChanges(this.#changes), records: this.#records, expected };
  }
}

interface StageInput {
  readonly run: ApplyRun;
  readonly context: StepContext;
  readonly deps: KustomizationDeps;
  readonly ignoredIn: IgnoredFields;
}

async function applyStage(stage: Stage, progress: Progress, input: StageInput): Promise<void> {
  const { run, context, deps, ignoredIn } = input;
  const owner = nameOf(run.kustomization);
  await deps.drift.follow(owner, stage.objects.map(refOf));
  const sent = stage.objects.filter((manifest) => isSent(manifest, progress, input));
  if (sent.length === 0) return;
  const absent = await findAbsent(sent, { cluster: deps.cluster, drift: deps.drift, signal: context.signal });
  const tools: ApplyTools = {
    cluster: deps.cluster,
    clock: deps.clock,
    signal: context.signal,
    force: run.kustomization.spec.force,
    ignoredIn,
    isAbsent: (manifest) => absent.has(inventoryId(refOf(manifest))),
    isAutoscaled: (manifest) => run.autoscaled.has(inventoryId(refOf(manifest))),
  };
  const limit = deps.concurrency ?? defaultConcurrency;
  const prepared = await concurrently(sent, limit, (manifest) => prepareObject(manifest, tools));
  const applied = await concurrently(prepared, limit, async (one) => {
    const done = await applyPrepared(one, tools);
    progress.note(done);
    return done;
  });
  if (stage.waits) await waitUntilCurrent(applied, context, deps);
}

/** Notes what is left as it is. */
function isSent(manifest: KubeObject, progress: Progress, { run, deps, ignoredIn }: StageInput): boolean {
  const owner = nameOf(run.kustomization);
  const id = inventoryId(refOf(manifest));
  const record = run.records.get(id) ?? null;
  const expected = { manifest, record, autoscaled: run.autoscaled.has(id), ignored: ignoredIn(manifest) };
  const candidacy = decideCandidate(manifest, {
    record,
    look: deps.drift.look(manifest),
    drift: deps.drift.judge(owner, expected),
    contested: deps.drift.isContested(owner, id),
    full: run.full,
  });
  if (candidacy.do !== 'send') progress.left(manifest, candidacy.do === 'skip' ? 'skipped' : 'unchanged');
  return candidacy.do === 'send';
}

/** Later stages need these: definitions established and served, namespaces active. */
async function waitUntilCurrent(applied: readonly Applied[], context: StepContext, deps: KustomizationDeps): Promise<void> {
  const deadline = deps.clock.now() + stageWaitMs;
  const changed = applied.filter(({ object, change }) => object !== null && change.action !== 'unchanged');
  await concurrently(changed, defaultConcurrency, async ({ manifest, object }) => {
    await poll(deadline, manifest, { context, deps }, object, (live) => healthOf(live, deps.clock.now()).status === 'Current');
    for (const kind of kindsDefinedBy(manifest))
      await poll(deadline, manifest, { context, deps }, object, async () => (await deps.cluster.resource(kind)) !== null);
  });
}

async function poll(
  deadline: number,
  manifest: KubeObject,
  { context, deps }: { context: StepContext; deps: KustomizationDeps },
  first: KubeObject | null,
  isDone: (live: KubeObject | null) => boolean | Promise<boolean>,
): Promise<void> {
  let live = first;
  for (let waitMs = 10; !(await isDone(live)); waitMs = Math.min(500, waitMs * 2)) {
    if (deps.clock.now() > deadline)
      throw new TagalongError('STAGE_TIMEOUT', `timeout waiting for: [${describeObject(manifest)} status: 'InProgress']`);
    await deps.clock.sleep(waitMs, context.signal);
    live = await deps.cluster.get(refOf(manifest), context.signal);
  }
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
