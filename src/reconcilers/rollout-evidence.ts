import type { Rollout } from '../api/index.ts';
import { type KubeObject, keyOf, nameOf, type StepContext } from '../core/index.ts';
import {
  type Evidence,
  findUnrelatedFailure,
  fingerprintOf,
  isReadyPod,
  masksOf,
  nameOfWorkload,
  templateFingerprint,
  type UndoFacts,
} from '../rollout/index.ts';
import { identify, readyPodsOf } from './rollout-baseline.ts';
import type { RolloutSight } from './rollout-deps.ts';
import { type LiveWorkload, olderPods } from './rollout-look.ts';
import { imagesOf, podSelector } from './rollout-workloads.ts';

/** What the workloads that failed tell about the bump and about the version before it. */
export type WeighedEvidence = Pick<UndoFacts, 'evidence' | 'previous' | 'changedToo' | 'unrelated' | 'undoneBefore'>;

/** Looks at the failed workloads once more, with what is remembered of them and what their ReplicaSets keep. */
export async function weighEvidence(
  rollout: Rollout,
  live: readonly LiveWorkload[],
  context: StepContext,
  deps: RolloutSight,
): Promise<WeighedEvidence> {
  const failed = live.filter(({ seen }) => seen.evidence !== null);
  const evidence: Evidence | null = failed[0]?.seen.evidence ?? null;
  const weighed = await Promise.all(failed.map((one) => weighOne(rollout, one, context)));
  const worst = (['ill', 'unknown'] as const).find((word) => weighed.some(({ previous }) => previous === word));
  const others = deps.listRollouts().filter((other) => keyOf(other) !== keyOf(rollout));
  const unrelated = findUnrelatedFailure(rollout, others, context.clock.now());
  return {
    evidence,
    previous: worst ?? 'healthy',
    changedToo: weighed.find(({ changed }) => changed !== null)?.changed ?? null,
    unrelated: unrelated === null ? null : `${unrelated.spec.policy.name} ${unrelated.spec.image.tag}`,
    undoneBefore: findUndone(rollout, others),
  };
}

/** The commit that took the same version of the same policy back before. */
function findUndone({ metadata, spec }: Rollout, others: readonly Rollout[]): string | null {
  const same = others.find(
    (other) =>
      other.metadata.namespace === metadata.namespace &&
      other.spec.policy.name === spec.policy.name &&
      other.spec.image.tag === spec.image.tag &&
      (other.spec.image.digest ?? '') === (spec.image.digest ?? '') &&
      other.status?.undo?.decision === 'Done',
  );
  return same === undefined ? null : (same.status?.undo?.commit?.slice(0, 7) ?? nameOf(same).name);
}

interface Weighed {
  readonly previous: UndoFacts['previous'];
  readonly changed: string | null;
}

async function weighOne(rollout: Rollout, live: LiveWorkload, context: StepContext): Promise<Weighed> {
  const { workload } = live;
  const name = nameOfWorkload(identify(workload));
  const masks = masksOf(rollout.spec.changes, rollout.spec.image);
  const older = olderPods(live, rollout);
  // Pods of the old version that are there and not ready: going back to it would help nobody.
  if (older.length > 0 && !older.some(isReadyPod)) return { previous: 'ill', changed: null };
  const known = rollout.spec.before?.find((one) => nameOfWorkload(one) === name && one.kustomization === live.seen.kustomization);
  if (known !== undefined)
    return { previous: 'healthy', changed: known.fingerprint === fingerprintOf(workload, masks) ? null : name };
  const kept = await previousReplicaSet(rollout, live, context);
  if (kept === null) return { previous: older.some(isReadyPod) ? 'healthy' : 'unknown', changed: name };
  const isSame = templateFingerprint(kept, masks) === templateFingerprint(workload, masks);
  return { previous: readyPodsOf(kept) > 0 ? 'healthy' : 'unknown', changed: isSame ? null : name };
}

/** What a Deployment ran before: the ReplicaSet of the previous tag with the most ready pods. */
async function previousReplicaSet(
  { spec }: Rollout,
  { workload, cluster }: LiveWorkload,
  { signal }: StepContext,
): Promise<KubeObject | null> {
  const labelSelector = podSelector(workload);
  const values = new Set(spec.changes.map(({ from }) => from));
  if (workload.kind !== 'Deployment' || labelSelector === null) return null;
  const { namespace = '', uid } = workload.metadata;
  const kind = { group: 'apps', version: 'v1', kind: 'ReplicaSet' };
  const { items } = await cluster.list(kind, { namespace, labelSelector, signal }).catch(() => ({ items: [] }));
  const isPrevious = (image: string) => values.has(image) || image === `${spec.image.name}:${spec.image.previousTag ?? ''}`;
  const own = items.filter(
    (set) => set.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true && imagesOf(set).some(isPrevious),
  );
  return own.toSorted((a, b) => readyPodsOf(b) - readyPodsOf(a))[0] ?? null;
}
