import type { Rollout } from '../api/index.ts';
import { formatKey, type Instant, type NamespacedName } from '../core/index.ts';
import { isSameRepository, type LandedImage } from './image.ts';
import { isEnded } from './phases.ts';

/** What a promotion asks of a rollout. */
export interface HealthQuestion {
  /** The candidate; without its digest nothing can be said. */
  readonly image: LandedImage;
  /** Only what this Kustomization applies; absent = all of it. */
  readonly kustomization?: NamespacedName;
}

/**
 * Since when exactly this image has been healthy in the rollout, without interruption; null where it is not, or where that is not
 * proven: only a ready pod that runs the very digest proves it, never a tag.
 */
export function healthySince({ spec, status }: Rollout, { image, kustomization }: HealthQuestion): Instant | null {
  if (image.digest === undefined || isEnded(status?.phase) || !isSameRepository(spec.image.name, image.name)) return null;
  const key = kustomization === undefined ? null : formatKey(kustomization);
  const workloads = (status?.workloads ?? []).filter((one) => key === null || one.kustomization === key);
  const judged = workloads.filter(({ state }) => state !== 'Unproven');
  if (judged.length === 0 || judged.some(({ state }) => state !== 'Healthy')) return null;
  if (judged.some(({ digest }) => digest !== image.digest)) return null;
  const times = judged.map((one) => Date.parse(one.healthySince ?? ''));
  const since = Math.max(...times);
  return Number.isNaN(since) ? null : since;
}
