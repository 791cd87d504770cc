/** The labels that say which Kustomization an object belongs to: the same as Flux's, so that either takes over from the other. */
export const ownerLabels = {
  name: 'kustomize.toolkit.fluxcd.io/name',
  namespace: 'kustomize.toolkit.fluxcd.io/namespace',
} as const;

/** The field manager of applies: Flux's, for the same reason. */
export const applyFieldManager = 'kustomize-controller';

/** Switches on objects, as annotation or label. */
export const switches = {
  prune: 'kustomize.toolkit.fluxcd.io/prune',
  reconcile: 'kustomize.toolkit.fluxcd.io/reconcile',
  ssa: 'kustomize.toolkit.fluxcd.io/ssa',
  force: 'kustomize.toolkit.fluxcd.io/force',
} as const;

/** Annotations under these are messages to a controller, not state that somebody keeps: they are never drift. */
export const messageAnnotationPrefixes = ['reconcile.fluxcd.io/', 'tagalong.dev/'] as const;

/** True for the groups whose definitions this product serves; it never deletes those. */
export function isServedGroup(group: string): boolean {
  return group.endsWith('.toolkit.fluxcd.io') || group === 'tagalong.dev';
}
