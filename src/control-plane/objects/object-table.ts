import type { KubeObject } from '../../core/index.ts';

/** One write, as watches tell it. Objects in the table are never changed in place: an event may hold on to them. */
export interface TableEvent {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly storage: string;
  readonly object: KubeObject;
  readonly before: KubeObject | null;
}

/** Where writes go as well, so that they survive a restart. */
export interface TableJournal {
  put(storage: string, object: KubeObject, version: number): void;
  remove(storage: string, object: KubeObject, version: number): void;
}

/** What an earlier run left behind. */
export interface TableStart {
  readonly version: number;
  readonly stored: Iterable<{ readonly storage: string; readonly object: KubeObject }>;
}

const emptyStart: TableStart = { version: 1, stored: [] };

type Listener = (event: TableEvent) => void;
type Namespaces = Map<string, Map<string, KubeObject>>;

/** How many writes a watch may be behind before it has to list again. */
const historyLimit = 4096;

/** All objects by storage, namespace and name; one counter numbers the writes. Synchronous: a request sees nobody else's half-done work. */
export class ObjectTable {
  readonly #storages = new Map<string, Namespaces>();
  readonly #owned = new Map<string, Map<string, { storage: string; namespace: string; name: string }>>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #everywhere = new Set<Listener>();
  readonly #report: (error: unknown) => void;
  readonly #journal: TableJournal | null;
  readonly #untold: TableEvent[] = [];
  #history: TableEvent[] = [];
  #forgotten: number;
  version: number;

  /** `report` hears of listeners that throw: the write is done, and the others are told all the same. */
  constructor(
    report: (error: unknown) => void,
    journal: TableJournal | null = null,
    { version, stored }: TableStart = emptyStart,
  ) {
    this.#report = report;
    this.#journal = journal;
    this.version = version;
    this.#forgotten = version;
    for (const { storage, object } of stored) this.#keep(storage, object);
  }

  get(storage: string, namespace: string, name: string): KubeObject | undefined {
    return this.#storages.get(storage)?.get(namespace)?.get(name);
  }

  /** In the order of namespace and name. */
  list(storage: string, namespace = ''): KubeObject[] {
    const namespaces = this.#storages.get(storage);
    if (namespaces === undefined) return [];
    const wanted = namespace === '' ? [...namespaces.keys()].sort() : [namespace];
    return wanted.flatMap((key) => sortByName(namespaces.get(key)));
  }

  storages(): readonly string[] {
    return [...this.#storages.keys()];
  }

  /** The objects that name `uid` among their owners. */
  ownedBy(uid: string): { storage: string; object: KubeObject }[] {
    return [...(this.#owned.get(uid)?.values() ?? [])].flatMap(({ storage, namespace, name }) => {
      const object = this.get(storage, namespace, name);
      return object === undefined ? [] : [{ storage, object }];
    });
  }

  /** Stores `object` under the next resourceVersion and tells the watches. */
  put(storage: string, object: KubeObject): KubeObject {
    const before = this.get(storage, object.metadata.namespace ?? '', object.metadata.name) ?? null;
    const version = this.version + 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    this.#journal?.put(storage, stored, version);
    this.version = version;
    if (before !== null) this.#forget(storage, before);
    this.#keep(storage, stored);
    this.#tell({ version, type: before === null ? 'ADDED' : 'MODIFIED', storage, object: stored, before });
    return stored;
  }

  /** Takes the object away; what is returned, and told to watches, carries the resourceVersion of the removal. */
  remove(storage: string, object: KubeObject): KubeObject {
    const version = this.version + 1;
    this.#journal?.remove(storage, object, version);
    this.version = version;
    this.#forget(storage, object);
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    this.#tell({ version, type: 'DELETED', storage, object: last, before: object });
    return last;
  }

  /** Calls `listener` after each write to `storage` (to any, if it is null) until the returned function is called. */
  subscribe(storage: string | null, listener: Listener): () => void {
    const listeners = storage === null ? this.#everywhere : (this.#listeners.get(storage) ?? new Set<Listener>());
    if (storage !== null) this.#listeners.set(storage, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** What happened after `version`, oldest first; null when that is too long ago. */
  since(storage: string, version: number): readonly TableEvent[] | null {
    if (version < this.#forgotten) return null;
    return this.#history.slice(this.#firstAfter(version)).filter((event) => event.storage === storage);
  }

  #firstAfter(version: number): number {
    let [low, high] = [0, this.#history.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#history[middle]?.version ?? 0) > version) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #tell(event: TableEvent): void {
    this.#history.push(event);
    if (this.#history.length > 2 * historyLimit) {
      const dropped = this.#history.splice(0, historyLimit);
      this.#forgotten = dropped.at(-1)?.version ?? this.#forgotten;
    }
    this.#untold.push(event);
    if (this.#untold.length > 1) return; // a listener wrote: everybody hears of the first write first
    for (let next: TableEvent | undefined = event; next !== undefined; next = this.#untold[0]) {
      for (const listener of [...(this.#listeners.get(next.storage) ?? []), ...this.#everywhere]) this.#tellOne(listener, next);
      this.#untold.shift();
    }
  }

  #tellOne(listener: Listener, event: TableEvent): void {
    try {
      listener(event);
    } catch (error) {
      this.#report(error);
    }
  }

  #keep(storage: string, object: KubeObject): void {
    const namespaces = this.#storages.get(storage) ?? new Map<string, Map<string, KubeObject>>();
    this.#storages.set(storage, namespaces);
    const { namespace = '', name } = object.metadata;
    const objects = namespaces.get(namespace) ?? new Map<string, KubeObject>();
    namespaces.set(namespace, objects);
    objects.set(name, object);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(uid) ?? new Map();
      this.#owned.set(uid, owned);
      owned.set(`${storage} ${namespace} ${name}`, { storage, namespace, name });
    }
  }

  #forget(storage: string, object: KubeObject): void {
    const { namespace = '', name } = object.metadata;
    const objects = this.#storages.get(storage)?.get(namespace);
    objects?.delete(name);
    if (objects?.size === 0) this.#storages.get(storage)?.delete(namespace);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(uid);
      owned?.delete(`${storage} ${namespace} ${name}`);
      if (owned?.size === 0) this.#owned.delete(uid);
    }
  }
}

function sortByName(objects: ReadonlyMap<string, KubeObject> | undefined): KubeObject[] {
  if (objects === undefined) return [];
  return [...objects.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
