import { inventoryId } from '../apply/index.ts';
import { type KubeObject, parseApiVersion } from '../core/index.ts';

/** Ids of the objects whose replicas an autoscaler among these manifests sets. */
export function findAutoscaled(manifests: readonly KubeObject[]): ReadonlySet<string> {
  return new Set(
    manifests.flatMap((manifest) => {
      if (manifest.kind !== 'HorizontalPodAutoscaler' && manifest.kind !== 'ScaledObject') return [];
      const { scaleTargetRef } = (manifest['spec'] ?? {}) as {
        scaleTargetRef?: { apiVersion?: string; kind?: string; name?: string };
      };
      if (scaleTargetRef?.name === undefined) return [];
      const { group } = parseApiVersion(scaleTargetRef.apiVersion ?? 'apps/v1');
      const { namespace } = manifest.metadata;
      const kind = scaleTargetRef.kind ?? 'Deployment';
      return [inventoryId({ group, kind, name: scaleTargetRef.name, ...(namespace === undefined ? {} : { namespace }) })];
    }),
  );
}
