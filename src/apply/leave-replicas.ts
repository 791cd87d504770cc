import type { KubeObject } from '../core/index.ts';
import { findApplyEntry } from './field-managers.ts';
import { fieldsAt } from './field-set.ts';
import { isMap } from './json.ts';

/**
 * The manifest of an autoscaler's target for a correction: without replicas once somebody else has taken them. While they are
 * still ours they stay in it, because leaving out a field that nobody else owns would set it back to its default.
 */
export function leaveReplicas(manifest: KubeObject, live: Pick<KubeObject, 'metadata'>, fieldManager: string): KubeObject {
  const own = findApplyEntry(live, fieldManager)?.fieldsV1 ?? {};
  const isTaken = live.metadata.managedFields?.some(
    ({ fieldsV1 }) => fieldsAt(fieldsV1 ?? {}, ['f:spec', 'f:replicas']) !== null,
  );
  if (!isTaken || fieldsAt(own, ['f:spec', 'f:replicas']) !== null || !isMap(manifest['spec'])) return manifest;
  const { replicas: _replicas, ...spec } = manifest['spec'];
  return { ...manifest, spec };
}
