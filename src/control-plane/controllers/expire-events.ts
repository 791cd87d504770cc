import type { ObjectApi } from '../objects/object-api.ts';

const storage = '/events';
const lifetimeMs = 3_600_000;
const lookEveryMs = 600_000;

/** Events go an hour after their last change, as in a cluster. Returns a function that ends it. */
export function expireEvents(api: ObjectApi): () => void {
  const seen = new Map<string, number>();
  const unsubscribe = api.table.subscribe(storage, ({ type, object }) => {
    if (type === 'DELETED') seen.delete(object.metadata.uid ?? '');
    else seen.set(object.metadata.uid ?? '', api.clock.now());
  });
  let cancel = () => {};
  const look = () => {
    const limit = api.clock.now() - lifetimeMs;
    for (const event of api.table.list(storage)) {
      const { uid = '', creationTimestamp = '' } = event.metadata;
      if ((seen.get(uid) ?? Date.parse(creationTimestamp)) < limit) api.table.remove(storage, event);
    }
    cancel = api.clock.schedule(lookEveryMs, look);
  };
  cancel = api.clock.schedule(lookEveryMs, look);
  return () => {
    unsubscribe();
    cancel();
  };
}
