import type { Kustomization } from '../api/index.ts';
import { describeEntry, pruneFailure, pruneList, refOfEntry } from '../apply/index.ts';
import { type Artifact, formatKey, nameOf, type ObjectRef, type StepContext, TagalongError } from '../core/index.ts';
import { type KustomizationDeps, KustomizationError } from './kustomization-deps.ts';
import { accountOf, type OwnKustomizationDeps } from './kustomization-identity.ts';
import { pruneStale } from './kustomization-prune.ts';
import type { KustomizationMemory } from './kustomization-run.ts';
import { deletionOf, inventoryOfStatus, sourceRefOf, timeoutMsOf } from './kustomization-spec.ts';
import { revisionOf } from './kustomization-wakes.ts';
import { eventMetadata } from './source-revision.ts';

const goneLookMs = 500;

/**
 * Deletes what a Kustomization applied, as its deletion policy says, before it goes; what others render is handed over. Without the
 * ServiceAccount that it names nothing may be deleted in its name: the objects stay, and an event tells.
 */
export async function finalizeKustomization(
  kustomization: Kustomization,
  context: StepContext,
  memory: KustomizationMemory,
  own: OwnKustomizationDeps,
): Promise<void> {
  const { deps } = memory;
  const owner = nameOf(kustomization);
  memory.waits.forget(owner, deps);
  // From now on a vanished object is no drift.
  deps.drift.forget(owner);
  memory.looked.delete(formatKey(owner));
  memory.manifests.delete(formatKey(owner));
  memory.stages.delete(formatKey(owner));
  const policy = deletionOf(kustomization);
  if (policy !== 'keep') {
    if (await isAccountGone(kustomization, context, own)) tellLeft(kustomization, context, own);
    else {
      await deleteAll(kustomization, context, memory);
      if (policy === 'delete and wait') await waitUntilGone(kustomization, context, memory);
    }
  }
  await memory.records.drop(owner);
}

async function isAccountGone(kustomization: Kustomization, { signal }: StepContext, own: OwnKustomizationDeps): Promise<boolean> {
  const name = accountOf(kustomization, own.defaultServiceAccount);
  if (name === '') return false;
  const { namespace } = nameOf(kustomization);
  return (await own.home.get({ group: '', version: 'v1', kind: 'ServiceAccount', namespace, name }, signal)) === null;
}

function tellLeft(kustomization: Kustomization, context: StepContext, own: OwnKustomizationDeps): void {
  const left = inventoryOfStatus(kustomization);
  if (left.length === 0) return;
  const account = accountOf(kustomization, own.defaultServiceAccount);
  const message = `unable to prune objects: ServiceAccount ${account} to impersonate was not found; these stay:\n${left.map(describeEntry).join('\n')}`;
  context.event({ type: 'Warning', reason: 'PruneFailed', message, ...appliedMetadata(kustomization) });
}

async function deleteAll(kustomization: Kustomization, context: StepContext, { deps }: KustomizationMemory): Promise<void> {
  const stale = inventoryOfStatus(kustomization);
  const artifact = await artifactForHandover(kustomization, deps, context.signal);
  const { changes, failures } = await pruneStale({ kustomization, stale, artifact }, context, deps);
  const list = pruneList(changes);
  if (list !== '')
    context.event({ type: 'Normal', reason: 'ReconciliationSucceeded', message: list, ...appliedMetadata(kustomization) });
  if (failures.length > 0) throw pruneFailure(failures);
}

/** Of the revision that was applied last: nothing else is known when it goes. */
function appliedMetadata({ status = {} }: Kustomization): { metadata?: Record<string, string> } {
  const { lastAppliedRevision: revision, lastAppliedOriginRevision: originRevision } = status;
  if (revision === undefined) return {};
  return { metadata: eventMetadata({ revision, ...(originRevision === undefined ? {} : { originRevision }) }) };
}

/** What neighbours render now; waits for an artifact that only a restart took, and goes without one that there is not. */
async function artifactForHandover(
  kustomization: Kustomization,
  deps: KustomizationDeps,
  signal: AbortSignal,
): Promise<Artifact | null> {
  const ref = sourceRefOf(kustomization);
  const source = deps.source(ref);
  const revision = revisionOf(source);
  if (source === undefined || revision === undefined) return null;
  await deps.obtainArtifact?.(ref, source, signal);
  const artifact = deps.artifacts.get(ref, revision);
  if (artifact !== null || isFailing(source)) return artifact;
  deps.requestArtifact(ref);
  throw new KustomizationError(
    'FAILED',
    `deleting the objects of Kustomization ${kustomization.metadata.name}: the artifact of ${revision} is not in memory yet, and without it nobody knows what others take over`,
    { reason: 'ArtifactFailed', transient: true },
  );
}

function isFailing(source: unknown): boolean {
  const { status } = (source ?? {}) as { status?: { conditions?: readonly { type: string; status: string }[] } };
  return status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'False') ?? false;
}

async function waitUntilGone(kustomization: Kustomization, context: StepContext, { deps }: KustomizationMemory): Promise<void> {
  const deadline = deps.clock.now() + timeoutMsOf(kustomization);
  const refs = inventoryOfStatus(kustomization).flatMap((entry) => refOfEntry(entry) ?? []);
  let left: readonly ObjectRef[] = refs;
  while (left.length > 0) {
    const there = await Promise.all(left.map((ref) => isTerminating(ref, context, deps.cluster)));
    left = left.filter((_ref, index) => there[index]);
    if (left.length === 0) return;
    if (deps.clock.now() >= deadline) {
      const message = 'failed to wait for resources termination';
      context.event({ type: 'Warning', reason: 'ReconciliationFailed', message, ...appliedMetadata(kustomization) });
      return;
    }
    await deps.clock.sleep(goneLookMs, context.signal);
  }
}

/** What was not deleted (handed over, protected) is not waited for. */
async function isTerminating(
  ref: ObjectRef,
  { signal }: StepContext,
  cluster: KustomizationMemory['deps']['cluster'],
): Promise<boolean> {
  try {
    return (await cluster.get(ref, signal))?.metadata.deletionTimestamp !== undefined;
  } catch (error) {
    if (error instanceof TagalongError && error.code === 'NOT_FOUND') return false;
    throw error;
  }
}
