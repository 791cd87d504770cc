import {
  applyFailure,
  applyFieldManager,
  applyModeOf,
  type Change,
  cleanupFailure,
  cleanupPatch,
  type DriftRecord,
  differs,
  driftRecord,
  dryRunFailure,
  isImmutableError,
  leaveIgnored,
  leaveReplicas,
  manifestDigest,
  recreateFailure,
  withoutIgnored,
} from '../apply/index.ts';
import { type Clock, type Cluster, type KubeObject, refOf, TagalongError } from '../core/index.ts';

export interface ApplyTools {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Objects may be deleted and made anew where a field cannot change (`spec.force`). */
  readonly force: boolean;
  /** Whether an autoscaler sets the replicas of this object. */
  isAutoscaled(manifest: KubeObject): boolean;
  /** Whether a listing showed that the object does not exist. */
  isAbsent(manifest: KubeObject): boolean;
  /** The fields of an object that `spec.ignore` leaves to others. */
  ignoredIn(object: KubeObject): readonly (readonly string[])[];
}

/** What a dry run showed about one object. */
export type Prepared =
  | { readonly do: 'skip'; readonly manifest: KubeObject }
  | { readonly do: 'nothing'; readonly manifest: KubeObject; readonly live: KubeObject }
  | {
      readonly do: 'apply' | 'recreate';
      readonly manifest: KubeObject;
      /** What is sent: the manifest, but for what is left to an autoscaler or to others. */
      readonly sent: KubeObject;
      readonly live: KubeObject | null;
    };

export interface Applied {
  readonly manifest: KubeObject;
  readonly change: Change;
  /** Null for what is left alone. */
  readonly record: DriftRecord | null;
  /** As the server has it now; null for what is left alone. */
  readonly object: KubeObject | null;
}

const cleanupAttempts = 3;
const goneWithinMs = 60_000;

/** Looks at the object, takes over what kubectl and its kin left on it, and lets the server try the manifest without keeping it. */
export async function prepareObject(manifest: KubeObject, tools: ApplyTools): Promise<Prepared> {
  const found = tools.isAbsent(manifest) ? null : await look(manifest, tools);
  const mode = applyModeOf(manifest, found);
  if (mode.do === 'skip') return { do: 'skip', manifest };
  const cleaned = found === null || mode.merge ? { live: found, changed: false } : await cleanUp(manifest, found, tools);
  const { live } = cleaned;
  const sent = live !== null && tools.isAutoscaled(manifest) ? leaveReplicas(manifest, live, applyFieldManager) : manifest;
  try {
    const options = { fieldManager: applyFieldManager, force: true, dryRun: true, signal: tools.signal };
    const tried = await tools.cluster.apply(sent, options);
    if (live === null) return { do: 'apply', manifest, sent, live };
    const ignored = tools.ignoredIn(tried);
    const isSame = !cleaned.changed && !differs(withoutIgnored(live, ignored), withoutIgnored(tried, ignored)) && isOurs(live);
    if (isSame) return { do: 'nothing', manifest, live };
    return { do: 'apply', manifest, sent: leaveIgnored(sent, { live, tried, ignored, fieldManager: applyFieldManager }), live };
  } catch (error) {
    if (live !== null && (tools.force || mode.force) && isImmutableError(error))
      return { do: 'recreate', manifest, sent: manifest, live };
    throw dryRunFailure(manifest, error);
  }
}

function look(manifest: KubeObject, { cluster, signal }: ApplyTools): Promise<KubeObject | null> {
  return cluster.get(refOf(manifest), signal).catch((error: unknown) => {
    throw dryRunFailure(manifest, error);
  });
}

function isOurs(live: KubeObject): boolean {
  return driftRecord(live, applyFieldManager, '') !== null;
}

async function cleanUp(
  manifest: KubeObject,
  found: KubeObject,
  { cluster, signal }: ApplyTools,
): Promise<{ live: KubeObject | null; changed: boolean }> {
  let live: KubeObject | null = found;
  for (let attempt = 1; live !== null; attempt += 1) {
    const patch = cleanupPatch(live);
    if (patch === null) return { live, changed: attempt > 1 };
    try {
      return {
        live: await cluster.patch(refOf(live), patch, { type: 'json', fieldManager: applyFieldManager, signal }),
        changed: true,
      };
    } catch (error) {
      if (!(error instanceof TagalongError) || error.code !== 'CONFLICT' || attempt >= cleanupAttempts)
        throw cleanupFailure(manifest, error);
      live = await cluster.get(refOf(manifest), signal);
    }
  }
  return { live, changed: false };
}

/** Does for real what the dry run allowed. */
export async function applyPrepared(prepared: Prepared, tools: ApplyTools): Promise<Applied> {
  const { manifest } = prepared;
  const ref = refOf(manifest);
  if (prepared.do === 'skip') return { manifest, change: { ref, action: 'skipped' }, record: null, object: null };
  const digest = manifestDigest(manifest);
  if (prepared.do === 'nothing') {
    const record = driftRecord(prepared.live, applyFieldManager, digest);
    return { manifest, change: { ref, action: 'unchanged' }, record, object: prepared.live };
  }
  if (prepared.do === 'recreate') await remove(prepared.live, tools);
  const object = await tools.cluster
    .apply(prepared.sent, { fieldManager: applyFieldManager, force: true, signal: tools.signal })
    .catch((error: unknown) => {
      throw applyFailure(manifest, error);
    });
  const action = prepared.live === null || prepared.do === 'recreate' ? 'created' : 'configured';
  return { manifest, change: { ref, action }, record: driftRecord(object, applyFieldManager, digest), object };
}

/** Deletes an object whose field cannot change, and waits until it is gone. */
async function remove(live: KubeObject | null, { cluster, clock, signal }: ApplyTools): Promise<void> {
  if (live === null) return;
  const { uid } = live.metadata;
  const deadline = clock.now() + goneWithinMs;
  try {
    await cluster.delete(refOf(live), { propagation: 'Background', signal, ...(uid === undefined ? {} : { uid }) });
    for (let waitMs = 20; (await cluster.get(refOf(live), signal))?.metadata.uid === uid; waitMs = Math.min(1000, waitMs * 2)) {
      if (clock.now() > deadline) throw new Error('timed out waiting for it to be gone');
      await clock.sleep(waitMs, signal);
    }
  } catch (error) {
    throw recreateFailure(live, error);
  }
}
