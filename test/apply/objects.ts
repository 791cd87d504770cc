import type { KubeObject, ManagedFieldsEntry } from '../../src/core/index.ts';

export const owner = { namespace: 'flux-system', name: 'apps' };

export const ownerLabels = {
  'kustomize.toolkit.fluxcd.io/name': 'apps',
  'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
};

type Extra = Readonly<Record<string, unknown>>;

/** `apps/v1 Deployment default/web` as an object; a name without a namespace is cluster-scoped. */
export function object(sentence: string, extra: Extra = {}, metadata: Extra = {}): KubeObject {
  const [apiVersion = '', kind = '', place = ''] = sentence.split(' ');
  const [first = '', second] = place.split('/');
  const identity = second === undefined ? { name: first } : { namespace: first, name: second };
  return { apiVersion, kind, metadata: { ...identity, ...metadata }, ...extra };
}

export function managed(
  manager: string,
  operation: 'Apply' | 'Update',
  fieldsV1: Extra,
  extra: Partial<ManagedFieldsEntry> = {},
): ManagedFieldsEntry {
  return { manager, operation, apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1, ...extra };
}

export function annotated(annotations: Record<string, string>): KubeObject {
  return object('v1 ConfigMap default/web', {}, { annotations });
}
