import { LeaseError } from './error.ts';

/** A part of the bot that can be run apart. */
export type ControllerGroup = 'image' | 'source' | 'kustomize' | 'notification';

/** A Flux controller; its kinds are written under its name and its Lease. */
export type ControllerName =
  | 'image-reflector-controller'
  | 'image-automation-controller'
  | 'source-controller'
  | 'kustomize-controller'
  | 'notification-controller';

export const controllerGroups: readonly ControllerGroup[] = ['image', 'source', 'kustomize', 'notification'];

const namesByGroup: Readonly<Record<ControllerGroup, readonly ControllerName[]>> = {
  image: ['image-reflector-controller', 'image-automation-controller'],
  source: ['source-controller'],
  kustomize: ['kustomize-controller'],
  notification: ['notification-controller'],
};

/** The Flux controllers whose work a group does. */
export function controllersOf(groups: readonly ControllerGroup[]): ControllerName[] {
  return controllerGroups.filter((group) => groups.includes(group)).flatMap((group) => namesByGroup[group]);
}

/** Reads `image,source,kustomize`. Throws `UNKNOWN_CONTROLLER` for another word. */
export function parseControllerGroups(text: string): ControllerGroup[] {
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.filter((word) => !controllerGroups.some((group) => group === word));
  if (unknown.length > 0)
    throw refuse(`${unknown.map((word) => JSON.stringify(word)).join(', ')} is none of ${controllerGroups.join(', ')}`);
  return controllerGroups.filter((group) => words.includes(group));
}

function refuse(message: string): LeaseError {
  return new LeaseError('UNKNOWN_CONTROLLER', message, { retry: 'never' });
}
