import {
  type ApiResource,
  formatApiVersion,
  type GroupVersionKind,
  type KubeObject,
  type ListOptions,
  type ObjectRef,
} from '../core/index.ts';
import { type Page, requireObject, requirePage } from './check-answer.ts';
import { ClusterError } from './error.ts';
import { collectionPath, objectPath } from './resource-path.ts';
import type { Transport } from './transport.ts';

/** How many objects a page of a listing holds. */
const pageSize = 500;
const maxRestarts = 3;

export interface Listing {
  items: KubeObject[];
  resourceVersion: string;
}

/** One object, or null when there is none. */
export async function getObject(
  transport: Transport,
  resource: ApiResource,
  ref: ObjectRef,
  signal?: AbortSignal,
): Promise<KubeObject | null> {
  try {
    const path = objectPath(resource, ref);
    const answer = await transport.send({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) });
    return requireObject(answer, `GET ${transport.server}${path}`, ref.name);
  } catch (error) {
    // Text that is no Status means that the path is unknown: the kind is gone, which is not the same as no object.
    if (error instanceof ClusterError && error.code === 'NOT_FOUND' && error.reason === 'NotFound' && !isPathUnknown(error))
      return null;
    throw error;
  }
}

/** True when the server does not know the path at all (the kind went away), as opposed to the object. */
export function isPathUnknown(error: ClusterError): boolean {
  return (
    error.code === 'NOT_FOUND' &&
    (error.reason === undefined || error.message === 'the server could not find the requested resource')
  );
}

/** All objects, page by page; starts over when the continuation expired, at last without pages. */
export async function listObjects(transport: Transport, resource: ApiResource, options: ListOptions): Promise<Listing> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await listPages(transport, resource, options, restarts < maxRestarts ? pageSize : null);
    } catch (error) {
      const expired = error instanceof ClusterError && error.code === 'GONE';
      if (!expired || restarts >= maxRestarts) throw error;
    }
  }
}

async function listPages(
  transport: Transport,
  resource: ApiResource,
  options: ListOptions,
  limit: number | null,
): Promise<Listing> {
  const items: KubeObject[] = [];
  let next: string | undefined;
  for (;;) {
    const page = await listPage(transport, resource, options, { limit, next });
    for (const item of page.items) items.push(completed(item, resource, options.metadataOnly === true));
    next = page.continue;
    if (next === undefined) return { items, resourceVersion: page.resourceVersion };
  }
}

async function listPage(
  transport: Transport,
  resource: ApiResource,
  { namespace, labelSelector, fieldSelector, metadataOnly, signal }: ListOptions,
  { limit, next }: { limit: number | null; next: string | undefined },
): Promise<Page> {
  const path = collectionPath(resource, namespace);
  const answer = await transport.send({
    method: 'GET',
    path,
    query: { labelSelector, fieldSelector, limit: limit === null ? undefined : String(limit), continue: next },
    accept: metadataOnly ? metadataAccept('PartialObjectMetadataList') : 'application/json',
    ...(signal === undefined ? {} : { signal }),
  });
  return requirePage(answer, `GET ${transport.server}${path}`);
}

/** Asks for metadata alone, and takes whole objects from a server that cannot. */
export function metadataAccept(as: 'PartialObjectMetadata' | 'PartialObjectMetadataList'): string {
  return `application/json;as=${as};g=meta.k8s.io;v=v1,application/json`;
}

/** Items of a listing carry no apiVersion and kind of their own, and partial ones that of their wrapper. */
export function completed(object: KubeObject, kind: GroupVersionKind, metadataOnly: boolean): KubeObject {
  const identity = { apiVersion: formatApiVersion(kind), kind: kind.kind };
  return metadataOnly ? { ...identity, metadata: object.metadata } : { ...object, ...identity };
}
