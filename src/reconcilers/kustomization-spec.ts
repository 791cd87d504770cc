import { type Kustomization, requestedAtAnnotation } from '../api/index.ts';
import { healthTimeoutMs, type Inventory } from '../apply/index.ts';
import { formatDuration, parseDurationMs, type SourceRef } from '../core/index.ts';
import type { SourceRevision } from './source-revision.ts';

export function sourceRefOf({ spec, metadata }: Kustomization): SourceRef {
  const { kind, name, namespace } = spec.sourceRef;
  return { kind, name, namespace: namespace ?? metadata.namespace ?? '' };
}

export function isSameSource(a: Kustomization, b: Kustomization): boolean {
  const [left, right] = [sourceRefOf(a), sourceRefOf(b)];
  return left.kind === right.kind && left.namespace === right.namespace && left.name === right.name;
}

export function intervalMsOf({ spec }: Kustomization): number {
  return parseDurationMs(spec.interval) ?? 60_000;
}

/** How long to wait after a failure. */
export function retryMsOf(kustomization: Kustomization): number {
  return parseDurationMs(kustomization.spec.retryInterval ?? '') ?? intervalMsOf(kustomization);
}

/** Deadline of a health wait. */
export function timeoutMsOf(kustomization: Kustomization): number {
  const timeoutMs = parseDurationMs(kustomization.spec.timeout ?? '') ?? undefined;
  return healthTimeoutMs({ timeoutMs, intervalMs: intervalMsOf(kustomization) });
}

/** What is being done, in Flux's words. */
export function activityOf(doing: string, kustomization: Kustomization, { revision }: SourceRevision): string {
  return `${doing} for revision ${revision} with a timeout of ${formatDuration(timeoutMsOf(kustomization))}`;
}

export function inventoryOfStatus({ status }: Kustomization): Inventory {
  return status?.inventory?.entries ?? [];
}

/** Somebody asked for a run that did not happen yet. */
export function isRequested({ metadata, status }: Kustomization): boolean {
  const token = metadata.annotations?.[requestedAtAnnotation];
  return token !== undefined && token !== status?.lastHandledReconcileAt;
}

/** What `spec.deletionPolicy` says about the objects when the Kustomization goes. */
export function deletionOf({ spec }: Kustomization): 'delete' | 'delete and wait' | 'keep' {
  if (spec.suspend === true) return 'keep';
  switch (spec.deletionPolicy) {
    case 'Orphan':
      return 'keep';
    case 'Delete':
      return 'delete';
    case 'WaitForTermination':
      return 'delete and wait';
    default:
      return spec.prune ? 'delete' : 'keep';
  }
}
