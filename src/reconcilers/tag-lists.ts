import { isDeepStrictEqual } from 'node:util';
import { formatKey, type Instant, type NamespacedName, type Store } from '../core/index.ts';

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
  /** Since when the listings are doubted; null when they are not. */
  doubtedSince(repository: NamespacedName): Promise<Instant | null>;
  /** A listing is doubted; the first time counts. */
  doubt(repository: NamespacedName, now: Instant): Promise<void>;
  drop(repository: NamespacedName): Promise<void>;
  /** Lets go of what is in memory: the next scan or policy reads it again. */
  forget(): void;
}

export function createTagLists(store: Store): TagLists {
  const known = createListCache();
  const at = (repository: NamespacedName) => `tags/${formatKey(repository)}.json`;
  const doubtAt = (repository: NamespacedName) => `doubts/${formatKey(repository)}.json`;
  let doubts: Promise<Map<string, Instant>> | undefined;
  // Read once: they are few, and every scan asks.
  const readDoubts = () => {
    doubts ??= loadDoubts(store);
    return doubts;
  };
  return {
    async read(repository) {
      const key = at(repository);
      const list = known.get(key) ?? parseTagList(await store.read(key));
      if (list !== null) known.keep(key, list);
      return list;
    },
    async write(repository, list) {
      const key = at(repository);
      // Nearly every scan finds what the one before found, and that is on the disk.
      if (!isDeepStrictEqual(known.get(key), list)) {
        await store.write(key, JSON.stringify(list));
        known.keep(key, list);
      }
      if ((await readDoubts()).delete(doubtAt(repository))) await store.delete(doubtAt(repository));
    },
    async doubtedSince(repository) {
      return (await readDoubts()).get(doubtAt(repository)) ?? null;
    },
    async doubt(repository, now) {
      const known = await readDoubts();
      if (known.has(doubtAt(repository))) return;
      known.set(doubtAt(repository), now);
      await store.write(doubtAt(repository), String(now));
    },
    async drop(repository) {
      known.drop(at(repository));
      (await readDoubts()).delete(doubtAt(repository));
      await store.delete(at(repository));
      await store.delete(doubtAt(repository));
    },
    forget: () => known.clear(),
  };
}

async function loadDoubts(store: Store): Promise<Map<string, Instant>> {
  const found = new Map<string, Instant>();
  for (const key of await store.list('doubts/')) {
    const since = Number((await store.read(key))?.toString('utf8') ?? 'none');
    if (Number.isFinite(since)) found.set(key, since);
  }
  return found;
}

/** More tags than this are not kept in memory all the time: they are read when a scan or a policy wants them. */
const maxTagsInMemory = 200_000;

interface ListCache {
  get(key: string): TagList | undefined;
  keep(key: string, list: TagList): void;
  drop(key: string): void;
  clear(): void;
}

/** The lists used last, as many as fit. */
function createListCache(): ListCache {
  const lists = new Map<string, TagList>();
  let held = 0;
  const drop = (key: string) => {
    held -= lists.get(key)?.tags.length ?? 0;
    lists.delete(key);
  };
  return {
    get: (key) => lists.get(key),
    keep: (key, list) => {
      drop(key);
      lists.set(key, list);
      held += list.tags.length;
      for (const [oldest] of lists) {
        if (held <= maxTagsInMemory) break;
        drop(oldest);
      }
    },
    drop,
    clear() {
      lists.clear();
      held = 0;
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
