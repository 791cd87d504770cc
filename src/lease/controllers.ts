import { LeaseError } from './error.ts';

/** A part of the bot that can be run apart. */
export type ControllerGroup = 'image' | 'source' | 'kustomize';

/** A Flux controller; its kinds are written under its name and its Lease. */
export type ControllerName =
  | 'image-reflector-controller'
  | 'image-automation-controller'
  | 'source-controller'
  | 'kustomize-controller';

export const controllerGroups: readonly ControllerGroup[] = ['image', 'source', 'kustomize'];

const namesByGroup: Readonly<Record<ControllerGroup, readonly ControllerName[]>> = {
  image: ['image-reflector-controller', 'image-automation-controller'],
  source: ['source-controller'],
  kustomize: ['kustomize-controller'],
};

/** The Flux controllers whose work a group does. */
export function controllersOf(groups: readonly ControllerGroup[]): ControllerName[] {
  return controllerGroups.filter((group) => groups.includes(group)).flatMap((group) => namesByGroup[group]);
}

/** Reads `image,source,kustomize`. Throws `UNKNOWN_CONTROLLER` for another word, and where a group lacks one that it cannot do without. */
export function parseControllerGroups(text: string): ControllerGroup[] {
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.filter((word) => !controllerGroups.some((group) => group === word));
  if (unknown.length > 0)
    throw refuse(`${unknown.map((word) => JSON.stringify(word)).join(', ')} is none of ${controllerGroups.join(', ')}`);
  const groups = controllerGroups.filter((group) => words.includes(group));
  // Artifacts go from the source to the Kustomizations in memory.
  if (groups.includes('kustomize') && !groups.includes('source'))
    throw refuse('kustomize needs source in the same process: give both');
  return groups;
}

function refuse(message: string): LeaseError {
  return new LeaseError('UNKNOWN_CONTROLLER', message, { retry: 'never' });
}
