import { type KubeObject, type OwnerReference, parseApiVersion } from '../../core/index.ts';
import type { ObjectApi } from '../objects/object-api.ts';
import type { TableEvent } from '../objects/object-table.ts';
import type { WorkQueue } from './work-queue.ts';

const manager = 'kube-controller-manager';

/** Deletes what no living owner holds, and plays the finalizers of foreground and orphaning deletions. Returns a function that ends it. */
export function collectGarbage(api: ObjectApi, queue: WorkQueue): () => void {
  return api.table.subscribe(null, (event) => {
    const { object, storage } = event;
    const { uid = '', namespace = '', name, ownerReferences = [] } = object.metadata;
    if (event.type === 'DELETED') afterRemoval(api, queue, event);
    else if (ownerReferences.length > 0)
      queue.add(`owners ${storage} ${namespace} ${name}`, () => checkOwners(api, storage, namespace, name));
    if (event.type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined)
      queue.add(`finalize ${uid}`, () => playFinalizers(api, storage, namespace, name));
  });
}

function afterRemoval(api: ObjectApi, queue: WorkQueue, { object }: TableEvent): void {
  const { uid = '', ownerReferences = [], namespace = '' } = object.metadata;
  for (const { storage, object: dependent } of api.table.ownedBy(uid)) {
    const { namespace: home = '', name } = dependent.metadata;
    queue.add(`owners ${storage} ${home} ${name}`, () => checkOwners(api, storage, home, name));
  }
  for (const owner of ownerReferences) {
    const found = findOwner(api, owner, namespace);
    if (found?.object.metadata.deletionTimestamp !== undefined)
      queue.add(`finalize ${owner.uid}`, () =>
        playFinalizers(api, found.storage, found.object.metadata.namespace ?? '', found.object.metadata.name),
      );
  }
}

/** An object whose owners are all gone goes too; references to those that are gone are taken out otherwise. */
function checkOwners(api: ObjectApi, storage: string, namespace: string, name: string): void {
  const object = api.table.get(storage, namespace, name);
  const type = api.kinds.findStorage(storage);
  const owners = object?.metadata.ownerReferences ?? [];
  if (object === undefined || type === undefined || owners.length === 0) return;
  const isKnown = (owner: OwnerReference) => api.kinds.findKind(...kindOf(owner)) !== undefined;
  const living = owners.filter((owner) => !isKnown(owner) || findOwner(api, owner, namespace) !== null);
  const place = { type, namespace, name };
  if (living.length === 0) {
    if (object.metadata.deletionTimestamp === undefined) api.delete(place, { propagation: 'Background' });
  } else if (living.length < owners.length) writeOwners(api, place, living);
}

function kindOf({ apiVersion, kind }: OwnerReference): [string, string, string] {
  const { group, version } = parseApiVersion(apiVersion);
  return [group, version, kind];
}

function findOwner(api: ObjectApi, owner: OwnerReference, namespace: string): { storage: string; object: KubeObject } | null {
  const type = api.kinds.findKind(...kindOf(owner));
  const object = type && api.table.get(type.storage, type.namespaced ? namespace : '', owner.name);
  return type !== undefined && object?.metadata.uid === owner.uid ? { storage: type.storage, object } : null;
}

function writeOwners(
  api: ObjectApi,
  place: Parameters<ObjectApi['update']>[0],
  ownerReferences: readonly OwnerReference[],
): void {
  api.update(place, (current) => ({ ...current, metadata: { ...current.metadata, ownerReferences } }), { manager });
}

function playFinalizers(api: ObjectApi, storage: string, namespace: string, name: string): void {
  const object = api.table.get(storage, namespace, name);
  const type = api.kinds.findStorage(storage);
  if (object === undefined || type === undefined) return;
  const { finalizers = [], uid = '' } = object.metadata;
  if (finalizers.includes('orphan')) orphanDependents(api, uid);
  const isWaiting = finalizers.includes('foregroundDeletion') && deleteDependents(api, uid) > 0;
  const done = finalizers.filter((item) => item !== 'orphan' && (isWaiting || item !== 'foregroundDeletion'));
  if (done.length === finalizers.length) return;
  api.update({ type, namespace, name }, (current) => ({ ...current, metadata: { ...current.metadata, finalizers: done } }), {
    manager,
  });
}

function orphanDependents(api: ObjectApi, uid: string): void {
  for (const { storage, object } of api.table.ownedBy(uid)) {
    const type = api.kinds.findStorage(storage);
    const { namespace = '', name, ownerReferences = [] } = object.metadata;
    if (type !== undefined)
      writeOwners(
        api,
        { type, namespace, name },
        ownerReferences.filter((owner) => owner.uid !== uid),
      );
  }
}

/** Returns how many dependents still block their owner. */
function deleteDependents(api: ObjectApi, uid: string): number {
  for (const { storage, object } of api.table.ownedBy(uid)) {
    const type = api.kinds.findStorage(storage);
    const { namespace = '', name, deletionTimestamp } = object.metadata;
    if (type !== undefined && deletionTimestamp === undefined)
      api.delete({ type, namespace, name }, { propagation: 'Foreground' });
  }
  return api.table
    .ownedBy(uid)
    .filter(({ object }) =>
      object.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
    ).length;
}
