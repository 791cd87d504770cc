import type { ObjectMeta } from '../api/index.ts';

export type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../api/index.ts';

/** A Kubernetes object as it is on the wire; every field that was read is kept. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** `group` is empty for the core group. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Names one object of a cluster; cluster-scoped objects have no namespace. */
export interface ObjectRef extends GroupVersionKind {
  readonly namespace?: string;
  readonly name: string;
}

export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

/** `v1` → group '' version v1; `apps/v1` → group apps version v1. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function formatApiVersion({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

export function gvkOf(object: { apiVersion: string; kind: string }): GroupVersionKind {
  return { ...parseApiVersion(object.apiVersion), kind: object.kind };
}

export function refOf(object: KubeObject): ObjectRef {
  const { namespace, name } = object.metadata;
  return { ...gvkOf(object), ...(namespace === undefined ? {} : { namespace }), name };
}

/** `Deployment/default/web`, or `Namespace/web` for a cluster-scoped object: the form Flux's messages use. */
export function describeRef(ref: { kind: string; namespace?: string | undefined; name: string }): string {
  return ref.namespace === undefined || ref.namespace === ''
    ? `${ref.kind}/${ref.name}`
    : `${ref.kind}/${ref.namespace}/${ref.name}`;
}

export function describeObject(object: KubeObject): string {
  return describeRef(refOf(object));
}

/** `namespace/name`, the key objects have in queues and caches. */
export function keyOf(object: { metadata: { namespace?: string; name: string } }): string {
  return formatKey(nameOf(object));
}

/** Namespace and name of an object; '' is the namespace of one that is cluster-scoped. */
export function nameOf({ metadata }: { metadata: { namespace?: string; name: string } }): NamespacedName {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

export function formatKey({ namespace, name }: NamespacedName): string {
  return `${namespace}/${name}`;
}

export function parseKey(key: string): NamespacedName {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
