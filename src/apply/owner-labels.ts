import type { KubeObject, NamespacedName } from '../core/index.ts';
import { ownerLabels } from './names.ts';

/** A copy that carries the labels of the Kustomization that applies it. */
export function withOwnerLabels(object: KubeObject, { name, namespace }: NamespacedName): KubeObject {
  const labels = { ...object.metadata.labels, [ownerLabels.name]: name, [ownerLabels.namespace]: namespace };
  return { ...object, metadata: { ...object.metadata, labels } };
}

export interface CommonMetadata {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** A copy with `spec.commonMetadata`, which wins over the manifest, but not over the owner labels: without those nothing could be pruned. */
export function withCommonMetadata(object: KubeObject, common: CommonMetadata): KubeObject {
  const { labels, annotations } = object.metadata;
  const owner = Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => isOwnerLabel(key)));
  const metadata = {
    ...object.metadata,
    ...(common.labels === undefined ? {} : { labels: { ...labels, ...common.labels, ...owner } }),
    ...(common.annotations === undefined ? {} : { annotations: { ...annotations, ...common.annotations } }),
  };
  return { ...object, metadata };
}

/** The Kustomization that an object's labels name, or null. */
export function ownerOf(object: { metadata: { labels?: Record<string, string> } }): NamespacedName | null {
  const name = object.metadata.labels?.[ownerLabels.name];
  const namespace = object.metadata.labels?.[ownerLabels.namespace];
  return name === undefined || namespace === undefined ? null : { name, namespace };
}

export function isOwnedBy(object: { metadata: { labels?: Record<string, string> } }, owner: NamespacedName): boolean {
  const actual = ownerOf(object);
  return actual !== null && actual.name === owner.name && actual.namespace === owner.namespace;
}

/** The selector of everything a Kustomization owns. */
export function ownerSelector({ name, namespace }: NamespacedName): string {
  return `${ownerLabels.name}=${name},${ownerLabels.namespace}=${namespace}`;
}

function isOwnerLabel(key: string): boolean {
  return key === ownerLabels.name || key === ownerLabels.namespace;
}
