import {
  type ApiResource,
  type ApplyOptions,
  type DeleteOptions,
  type KubeObject,
  type ObjectRef,
  type PatchOptions,
  refOf,
  type WriteOptions,
} from '../core/index.ts';
import { requireObject } from './check-answer.ts';
import { ClusterError } from './error.ts';
import { isPathUnknown } from './read-objects.ts';
import { collectionPath, objectPath, requireNamespace } from './resource-path.ts';
import type { ApiRequest, Transport } from './transport.ts';

const patchTypes = { merge: 'application/merge-patch+json', json: 'application/json-patch+json' } as const;

/** Creates; ALREADY_EXISTS when the name is taken. */
export async function createObject(
  transport: Transport,
  resource: ApiResource,
  object: KubeObject,
  options: WriteOptions,
): Promise<KubeObject> {
  requireNamespace(resource, object.metadata);
  const path = collectionPath(resource, object.metadata.namespace);
  return sendWrite(
    transport,
    { method: 'POST', path, query: writeQuery(options), body: object },
    options.signal,
    object.metadata?.name,
  );
}

/** Server-side apply: JSON is YAML, so the body is sent as it is. */
export function applyObject(
  transport: Transport,
  resource: ApiResource,
  object: KubeObject,
  options: ApplyOptions,
): Promise<KubeObject> {
  return sendWrite(
    transport,
    {
      method: 'PATCH',
      path: objectPath(resource, refOf(object)),
      query: { ...writeQuery(options), force: options.force ? 'true' : 'false' },
      contentType: 'application/apply-patch+yaml',
      body: object,
    },
    options.signal,
    object.metadata.name,
  );
}

/** Patches the object or one of its subresources. */
export function patchObject(
  transport: Transport,
  resource: ApiResource,
  ref: ObjectRef,
  { body, options }: { body: unknown; options: PatchOptions },
): Promise<KubeObject> {
  return sendWrite(
    transport,
    {
      method: 'PATCH',
      path: objectPath(resource, ref, options.subresource),
      query: writeQuery(options),
      contentType: patchTypes[options.type],
      body,
    },
    options.signal,
    ref.name,
  );
}

/** Deletes; 'absent' when there was nothing of that name. A `uid` that is another's is CONFLICT. */
export async function deleteObject(
  transport: Transport,
  resource: ApiResource,
  ref: ObjectRef,
  { propagation, uid, signal }: DeleteOptions,
): Promise<'deleted' | 'absent'> {
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(propagation === undefined ? {} : { propagationPolicy: propagation }),
    ...(uid === undefined ? {} : { preconditions: { uid } }),
  };
  try {
    await transport.send({
      method: 'DELETE',
      path: objectPath(resource, ref),
      body,
      ...(signal === undefined ? {} : { signal }),
    });
    return 'deleted';
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'NOT_FOUND' && !isPathUnknown(error)) return 'absent';
    throw error;
  }
}

async function sendWrite(
  transport: Transport,
  request: ApiRequest,
  signal: AbortSignal | undefined,
  name: string | undefined,
): Promise<KubeObject> {
  const answer = await transport.send(signal === undefined ? request : { ...request, signal });
  return requireObject(answer, `${request.method} ${transport.server}${request.path}`, name);
}

function writeQuery({ fieldManager, dryRun }: WriteOptions): Record<string, string | undefined> {
  return { fieldManager, dryRun: dryRun ? 'All' : undefined };
}
