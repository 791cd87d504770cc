import type { Kustomization, Rollout } from '../api/index.ts';
import { healthOf } from '../apply/index.ts';
import { type KubeObject, keyOf, type StepContext } from '../core/index.ts';
import { enteredAt, isLandedImage, nameOfWorkload } from '../rollout/index.ts';
import { identify, kustomizationsOn, readyPodsOf } from './rollout-baseline.ts';
import type { RolloutSight, UnhealthyRule } from './rollout-deps.ts';
import { findWorkloads, imagesOf } from './rollout-workloads.ts';

/** How the version before does, once a bump was taken back. */
export type Recovery =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'recovered' | 'still unhealthy'; readonly message: string };

/** Whether a bump that we took back is still to be followed until the version before it is healthy again. */
export function isRecovering({ status }: Rollout): boolean {
  return status?.phase === 'RolledBack' && status.undo?.decision === 'Done' && status.undo.reason === 'Image';
}

/** Looks at the workloads that failed: do they run the version before, and are they healthy? Within the time that a bump has, too. */
export async function readRecovery(
  rollout: Rollout,
  { healthTimeoutMs }: UnhealthyRule,
  context: StepContext,
  deps: RolloutSight,
): Promise<Recovery> {
  const wanted = rollout.status?.workloads ?? [];
  const names = new Set(wanted.map(({ kustomization }) => kustomization));
  const kustomizations = (await kustomizationsOn(rollout.spec.repository, deps)).filter((one) => names.has(keyOf(one)));
  const found = await Promise.all(kustomizations.map((one) => findHere(one, rollout, context, deps)));
  const byName = new Map(found.flat().map((workload) => [nameOfWorkload(identify(workload)), workload]));
  const now = context.clock.now();
  const ill = wanted.find((one) => !isBack(byName.get(nameOfWorkload(one)), rollout, now));
  const version = rollout.spec.image.previousTag ?? 'the previous version';
  if (ill === undefined) return { kind: 'recovered', message: `${version} is healthy again` };
  const since = enteredAt(rollout, 'RolledBack') ?? now;
  if (now < since + healthTimeoutMs) return { kind: 'waiting' };
  const message = `${nameOfWorkload(ill)} is not healthy with ${version} either; nothing more is done about it by itself`;
  return { kind: 'still unhealthy', message };
}

async function findHere(
  kustomization: Kustomization,
  rollout: Rollout,
  { signal }: StepContext,
  deps: RolloutSight,
): Promise<readonly KubeObject[]> {
  const cluster = await deps.clusterOf(kustomization, signal);
  return (await findWorkloads(kustomization, rollout.spec.image.name, { cluster, signal })).workloads;
}

function isBack(workload: KubeObject | undefined, { spec }: Rollout, now: number): boolean {
  if (workload === undefined) return false;
  const isOld = !imagesOf(workload).some((image) => isLandedImage(image, spec.image));
  return isOld && readyPodsOf(workload) > 0 && healthOf(workload, now).status === 'Current';
}
