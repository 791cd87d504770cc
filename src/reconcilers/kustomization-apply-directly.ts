import { applyFieldManager, applyModeOf, cleanupPatch, type DriftRecord, driftRecord, manifestDigest } from '../apply/index.ts';
import { type KubeObject, refOf } from '../core/index.ts';
import type { Look } from './kind-watches.ts';
import type { Applied, ApplyTools } from './kustomization-apply-object.ts';

/**
 * Applies the only object of a stage without trying it first: what is refused writes nothing either, and there is nothing beside it that
 * would have to wait for the verdict. Null, with nothing done, where more has to be known about the live object than the watch tells, or
 * where the server refused: then the long way says what to do or why not.
 */
export async function applyDirectly(
  manifest: KubeObject,
  { look, record }: { readonly look: Look; readonly record: DriftRecord | null },
  tools: ApplyTools,
): Promise<Applied | null> {
  if (look.state !== 'seen' || record === null || look.object.metadata.uid !== record.uid) return null;
  const seen = look.object as KubeObject;
  const mode = applyModeOf(manifest, seen);
  const isPlain = mode.do === 'apply' && !tools.isAutoscaled(manifest) && tools.ignoredIn(manifest).length === 0;
  if (!isPlain || seen.metadata.deletionTimestamp !== undefined) return null;
  if (!mode.merge && cleanupPatch(seen) !== null) return null;
  const options = { fieldManager: applyFieldManager, force: true, signal: tools.signal };
  const object = await tools.cluster.apply(manifest, options).catch(() => null);
  tools.signal.throwIfAborted();
  if (object === null) return null;
  const isSame = object.metadata.resourceVersion === seen.metadata.resourceVersion;
  const change = { ref: refOf(manifest), action: isSame ? ('unchanged' as const) : ('configured' as const) };
  return { manifest, change, record: driftRecord(object, applyFieldManager, manifestDigest(manifest)), object };
}
