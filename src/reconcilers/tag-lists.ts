import { formatKey, type NamespacedName, type Store } from '../core/index.ts';

/** The last complete listing of one ImageRepository, after its exclusions. */
export interface TagList {
  readonly canonicalName: string;
  readonly exclusionList: readonly string[];
  /** Descending by bytes. */
  readonly tags: readonly string[];
  /** Flux's checksum of the list. */
  readonly revision: string;
}

/** Listings by ImageRepository, kept in memory and in the state folder, so that a restart neither rescans nor forgets. */
export interface TagLists {
  read(repository: NamespacedName): Promise<TagList | null>;
  write(repository: NamespacedName, list: TagList): Promise<void>;
  drop(repository: NamespacedName): Promise<void>;
}

export function createTagLists(store: Store): TagLists {
  const known = new Map<string, TagList>();
  const at = (repository: NamespacedName) => `tags/${formatKey(repository)}.json`;
  return {
    async read(repository) {
      const key = at(repository);
      const list = known.get(key) ?? parseTagList(await store.read(key));
      if (list !== null) known.set(key, list);
      return list;
    },
    async write(repository, list) {
      known.set(at(repository), list);
      await store.write(at(repository), JSON.stringify(list));
    },
    async drop(repository) {
      known.delete(at(repository));
      await store.delete(at(repository));
    },
  };
}

/** A file that cannot be read counts as absent: the next scan makes it again. */
function parseTagList(bytes: Buffer | null): TagList | null {
  if (bytes === null) return null;
  try {
    const value = JSON.parse(bytes.toString('utf8')) as Partial<TagList>;
    return typeof value.revision === 'string' && Array.isArray(value.tags) ? (value as TagList) : null;
  } catch {
    return null;
  }
}
