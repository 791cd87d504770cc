import { decryptAnnotation, type Kustomization } from '../api/index.ts';
import {
  type Change,
  type CommonMetadata,
  compileIgnoreRules,
  type DriftRecord,
  type IgnoredFields,
  inventoryId,
  normaliseObject,
  planStages,
  type Stage,
  sortChanges,
  withCommonMetadata,
  withOwnerLabels,
} from '../apply/index.ts';
import type { Build } from '../build/index.ts';
import {
  describeObject,
  formatKey,
  type KubeObject,
  type NamespacedName,
  nameOf,
  refOf,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import { concurrently } from './concurrently.ts';
import type { Expected } from './drift-watcher.ts';
import { findAbsent } from './kustomization-absent.ts';
import { applyDirectly } from './kustomization-apply-directly.ts';
import { type Applied, type ApplyTools, applyPrepared, prepareObject } from './kustomization-apply-object.ts';
import { decideCandidate } from './kustomization-candidates.ts';
import type { KustomizationDeps } from './kustomization-deps.ts';
import { timeoutMsOf } from './kustomization-spec.ts';
import { type StageWait, stagePending, waitForStage } from './kustomization-stage.ts';

const defaultConcurrency = 16;

/** The objects of a build as they will be sent, in build order. Refuses what is still encrypted: it would replace a secret by garbage. */
export function manifestsOf(kustomization: Kustomization, { objects }: Build): KubeObject[] {
  const owner = nameOf(kustomization);
  for (const { object } of objects) if (isEncrypted(object)) throw encrypted(object);
  return objects.map(({ object }) => withOwner(object, owner, kustomization.spec.commonMetadata));
}

/** An object as it is sent: with the labels of its owner, normalised, with `spec.commonMetadata`. */
export function withOwner(object: KubeObject, owner: NamespacedName, common: CommonMetadata = {}): KubeObject {
  return withCommonMetadata(normaliseObject(withOwnerLabels(object, owner)), common);
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
  /** Revision and spec. */
  readonly of: string;
  /** What stages are waited for, by key; kept between runs. */
  readonly stages: Map<string, StageWait>;
}

export interface ApplyResult {
  /** In the order of applying, with what was left as it is. */
  readonly changes: readonly Change[];
  readonly records: ReadonlyMap<string, DriftRecord>;
  readonly expected: ReadonlyMap<string, Expected>;
  /** By id, as the server answered. */
  readonly written: ReadonlyMap<string, KubeObject>;
}

/** A stage failed, or is waited for (`StagePending`); what was done until then is kept. */
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
    for (const stage of planStages(run.manifests)) {
      await applyStage(stage, progress, { run, context, deps, ignoredIn });
      await waitIfNeeded(stage, progress, { run, context, deps, ignoredIn });
    }
    return progress.result();
  } catch (error) {
    throw new ApplyInterrupted(error, progress.result());
  }
}

class Progress {
  readonly #changes: Change[] = [];
  readonly #written = new Map<string, KubeObject>();
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
    if (object !== null && change.action !== 'unchanged') this.#written.set(id, object);
    if (record === null) this.#records.delete(id);
    else this.#records.set(id, record);
    if (object !== null) this.#deps.drift.offer(object);
  }

  hasChanged(manifest: KubeObject): boolean {
    return this.#written.has(inventoryId(refOf(manifest)));
  }

  result(): ApplyResult {
    const expected = new Map<string, Expected>();
    for (const manifest of this.#run.manifests) {
      const id = inventoryId(refOf(manifest));
      const [record, autoscaled] = [this.#records.get(id) ?? null, this.#run.autoscaled.has(id)];
      expected.set(id, { manifest, record, autoscaled, ignored: this.#ignoredIn(manifest) });
    }
    return { changes: sortChanges(this.#changes), records: this.#records, expected, written: this.#written };
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
  const direct = await applyOnlyOne(sent, tools, input);
  if (direct !== null) return void progress.note(direct);
  const limit = deps.concurrency ?? defaultConcurrency;
  const prepared = await concurrently(sent, limit, (manifest) => prepareObject(manifest, tools));
  await concurrently(prepared, limit, async (one) => progress.note(await applyPrepared(one, tools)));
}

function applyOnlyOne(sent: readonly KubeObject[], tools: ApplyTools, { run, deps }: StageInput): Promise<Applied | null> {
  const [only, ...others] = sent;
  if (only === undefined || others.length > 0) return Promise.resolve(null);
  const record = run.records.get(inventoryId(refOf(only))) ?? null;
  return applyDirectly(only, { look: deps.drift.look(only), record }, tools);
}

/** Later stages need what was changed in this one, and what an earlier run did not see become Current. */
async function waitIfNeeded(stage: Stage, progress: Progress, { run, context, deps }: StageInput): Promise<void> {
  const key = formatKey(nameOf(run.kustomization));
  const before = run.stages.get(key) ?? null;
  const needed = stage.objects.filter((one) => progress.hasChanged(one) || before?.ids.has(inventoryId(refOf(one))));
  if (!stage.waits || needed.length === 0) return;
  const look = { context, deps, before, of: run.of, timeoutMs: timeoutMsOf(run.kustomization) };
  const wait = await waitForStage(needed, look);
  if (wait === null) return void run.stages.delete(key);
  run.stages.set(key, wait);
  throw stagePending(wait, needed, look);
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
