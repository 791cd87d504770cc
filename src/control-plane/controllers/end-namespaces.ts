import { objectAt } from '../json/json.ts';
import { finishDeletion } from '../objects/deletion.ts';
import type { ObjectApi } from '../objects/object-api.ts';
import type { WorkQueue } from './work-queue.ts';

const storage = '/namespaces';

/** Empties namespaces that are being deleted, and lets them go when nothing is left. Returns a function that ends it. */
export function endNamespaces(api: ObjectApi, queue: WorkQueue): () => void {
  const look = (name: string) => {
    if (api.table.get(storage, '', name)?.metadata.deletionTimestamp !== undefined)
      queue.add(`namespace ${name}`, () => endNamespace(api, name));
  };
  for (const { metadata } of api.table.list(storage)) look(metadata.name);
  return api.table.subscribe(null, ({ object, type, storage: changed }) => {
    if (changed === storage) look(object.metadata.name);
    else if (type === 'DELETED' && object.metadata.namespace !== undefined) look(object.metadata.namespace);
  });
}

function endNamespace(api: ObjectApi, name: string): void {
  const namespace = api.table.get(storage, '', name);
  if (namespace?.metadata.deletionTimestamp === undefined) return;
  if (deleteContents(api, name) > 0) return;
  const emptied = api.table.put(storage, { ...namespace, spec: { ...objectAt(namespace, 'spec'), finalizers: [] } });
  finishDeletion(api.table, storage, emptied);
}

/** Returns how many objects are left, held by finalizers of their own. */
function deleteContents(api: ObjectApi, namespace: string): number {
  let left = 0;
  for (const kept of api.table.storages()) {
    const type = api.kinds.findStorage(kept);
    if (type?.namespaced !== true) continue;
    for (const { metadata } of api.table.list(kept, namespace)) {
      const outcome =
        metadata.deletionTimestamp === undefined
          ? api.delete({ type, namespace, name: metadata.name }, { propagation: 'Background' })
          : null;
      if (outcome?.removed !== true && api.table.get(kept, namespace, metadata.name) !== undefined) left += 1;
    }
  }
  return left;
}
