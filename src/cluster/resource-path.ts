import { type ApiResource, describeRef, type ObjectRef } from '../core/index.ts';
import { ClusterError } from './error.ts';

/** The path of a resource's collection, in `namespace` or (absent, '') over the whole cluster. */
export function collectionPath({ group, version, resource, namespaced }: ApiResource, namespace?: string): string {
  const root = group === '' ? `/api/${segment(version)}` : `/apis/${segment(group)}/${segment(version)}`;
  const scope = namespaced && namespace ? `/namespaces/${segment(namespace)}` : '';
  return `${root}${scope}/${segment(resource)}`;
}

/** The path of one object. A namespaced kind without a namespace is NOT_FOUND, in the server's words: its path would name something else. */
export function objectPath(resource: ApiResource, ref: ObjectRef, subresource?: string): string {
  requireNamespace(resource, ref);
  const path = `${collectionPath(resource, ref.namespace)}/${segment(ref.name, describeRef(ref))}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Throws NOT_FOUND for an object of a namespaced kind that names no namespace. */
export function requireNamespace(resource: ApiResource, ref: { readonly namespace?: string }): void {
  if (resource.namespaced && !ref.namespace)
    throw new ClusterError('NOT_FOUND', 'the server could not find the requested resource', { reason: 'NotFound' });
}

// An empty name would turn the delete of an object into the delete of a collection, and `..` would leave the path.
function segment(text: string, what = text): string {
  if (text === '' || text === '.' || text === '..' || text.includes('/') || text.includes('%'))
    throw new ClusterError('INVALID', `${what}: ${JSON.stringify(text)} cannot be part of an API path`, { retry: 'never' });
  return encodeURIComponent(text);
}
