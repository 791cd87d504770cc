import { type ImagePolicy, type ImageUpdateAutomation, landAnnotation, type UpdateGuard } from '../api/index.ts';
import { nameOf } from '../core/index.ts';
import { type Landing, parseLandings } from '../guard/index.ts';

/** The landing by which a person passes a guard: one on the automation passes those of its own namespace, one on the guard that guard. */
export function findLandingPast(guard: UpdateGuard, policy: ImagePolicy, automation: ImageUpdateAutomation): Landing | null {
  const { namespace } = nameOf(automation);
  const own = nameOf(guard).namespace === namespace ? automation.metadata.annotations?.[landAnnotation] : undefined;
  return findLanding(policy, own) ?? findLanding(policy, guard.metadata.annotations?.[landAnnotation], namespace);
}

/** A landing of the picked tag, by the policy's name, or by namespace and name where the guard is elsewhere. */
function findLanding(policy: ImagePolicy, annotation: string | undefined, namespace?: string): Landing | null {
  const tag = policy.status?.latestRef?.tag;
  const names = namespace === undefined ? [policy.metadata.name] : [`${namespace}/${policy.metadata.name}`];
  return parseLandings(annotation).find((landing) => names.includes(landing.policy) && landing.tag === tag) ?? null;
}
