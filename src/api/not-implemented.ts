import { findUnknownAnnotations } from './annotation-value.ts';
import { findGap } from './gap.ts';
import { kindDefinitions } from './kind-definitions.ts';
import type { Resource } from './served-kinds.ts';

/**
 * What a resource asks for that is not there yet: one message for each field or annotation, naming its path. Empty when all of it
 * can be obeyed; otherwise the object is to be Stalled with reason NotImplemented.
 */
export function findNotImplemented(resource: Resource): string[] {
  const gaps = kindDefinitions[resource.kind].gaps.flatMap((gap) => findGap(gap, resource));
  return [...gaps, ...findUnknownAnnotations(resource)];
}
