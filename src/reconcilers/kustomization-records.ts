import type { DriftRecord, Inventory } from '../apply/index.ts';
import { formatKey, type NamespacedName, type Store } from '../core/index.ts';

/** What is known of a Kustomization's objects from the last time they were applied. */
export interface AppliedRecords {
  /** By inventory id. */
  readonly objects: ReadonlyMap<string, DriftRecord>;
  /** The inventory when the last run came to its end, prune included; null before the first. Tells how much a prune would take. */
  readonly settled: Inventory | null;
}

/** Records by Kustomization, kept in memory and in the state folder. Losing them costs one dry run for each object, nothing else. */
export interface RecordBook {
  read(owner: NamespacedName): Promise<AppliedRecords>;
  write(owner: NamespacedName, records: AppliedRecords): Promise<void>;
  drop(owner: NamespacedName): Promise<void>;
}

const nothing: AppliedRecords = { objects: new Map(), settled: null };

export function createRecordBook(store: Store): RecordBook {
  const known = new Map<string, AppliedRecords>();
  const written = new Map<string, string>();
  const at = (owner: NamespacedName) => `applied/${formatKey(owner)}.json`;
  return {
    async read(owner) {
      const key = at(owner);
      const records = known.get(key) ?? parseRecords(await store.read(key));
      known.set(key, records);
      return records;
    },
    async write(owner, records) {
      const key = at(owner);
      known.set(key, records);
      const text = JSON.stringify({ objects: Object.fromEntries(records.objects), settled: records.settled });
      if (written.get(key) === text) return;
      await store.write(key, text);
      written.set(key, text);
    },
    async drop(owner) {
      known.delete(at(owner));
      written.delete(at(owner));
      await store.delete(at(owner));
    },
  };
}

/** A file that cannot be read counts as absent. */
function parseRecords(bytes: Buffer | null): AppliedRecords {
  if (bytes === null) return nothing;
  try {
    const { objects, settled } = JSON.parse(bytes.toString('utf8')) as {
      objects?: Record<string, DriftRecord>;
      settled?: unknown;
    };
    return { objects: new Map(Object.entries(objects ?? {})), settled: Array.isArray(settled) ? settled : null };
  } catch {
    return nothing;
  }
}
