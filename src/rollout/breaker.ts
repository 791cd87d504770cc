import type { Rollout } from '../api/index.ts';
import { formatKey, type Instant, nameOf } from '../core/index.ts';
import { isSameRepository } from './image.ts';

const breakerMs = 10 * 60_000;

/** Another bump of another image that failed within ten minutes of `at`; null where there is none. */
export function findUnrelatedFailure(rollout: Rollout, others: readonly Rollout[], at: Instant): Rollout | null {
  return (
    others.find((other) => !isRelated(rollout, other) && failures(other).some((time) => Math.abs(time - at) <= breakerMs)) ?? null
  );
}

/** Related are bumps of one image, of one workload, and what took the place of each other. */
function isRelated(a: Rollout, b: Rollout): boolean {
  if (formatKey(nameOf(a)) === formatKey(nameOf(b))) return true;
  if (isSameRepository(a.spec.image.name, b.spec.image.name)) return true;
  const workloads = new Set((a.status?.workloads ?? []).map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`));
  return (b.status?.workloads ?? []).some(({ kind, namespace, name }) => workloads.has(`${kind}/${namespace}/${name}`));
}

function failures({ status }: Rollout): Instant[] {
  return (status?.phases ?? []).filter(({ phase }) => phase === 'Failed').map(({ at }) => Date.parse(at));
}
