import { type Cluster, type GroupVersionKind, type KubeObject, keyOf, type WatchEvent } from '../core/index.ts';

export interface ObjectChange {
  readonly before: KubeObject | null;
  readonly after: KubeObject | null;
}

/** The objects of one kind as the API last told, and who wants to hear of changes. */
export class ObjectCache {
  readonly kind: GroupVersionKind;
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<(change: ObjectChange) => void>();
  readonly #synced = Promise.withResolvers<void>();

  constructor(kind: GroupVersionKind) {
    this.kind = kind;
    this.#synced.promise.catch(() => {});
  }

  /** Resolves after the first full listing; rejects when the kind cannot be listed. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  list(): KubeObject[] {
    return [...this.#objects.values()];
  }

  subscribe(listener: (change: ObjectChange) => void): void {
    this.#listeners.add(listener);
  }

  /** Follows the API until `signal` aborts. */
  async follow(cluster: Cluster, namespace: string | undefined, signal: AbortSignal): Promise<void> {
    try {
      await cluster.watch(this.kind, { signal, ...(namespace === undefined ? {} : { namespace }) }, (event) => this.#take(event));
    } catch (error) {
      this.#synced.reject(error);
      throw error;
    }
  }

  /** Takes an object that a write of ours returned, so that the next run does not read an older one. */
  offer(object: KubeObject): void {
    const known = this.#objects.get(keyOf(object));
    if (known !== undefined && known.metadata.uid === object.metadata.uid && isNewer(object, known)) this.#put(object);
  }

  #take(event: WatchEvent): void {
    if (event.type === 'synced') return this.#replaceAll(event.objects);
    if (event.type === 'deleted') return this.#remove(keyOf(event.object));
    this.#putIfNewer(event.object);
  }

  /** A watch or a listing may tell of a state that is older than the answer to our own write. */
  #putIfNewer(object: KubeObject): void {
    const known = this.#objects.get(keyOf(object));
    if (known === undefined || known.metadata.uid !== object.metadata.uid || isNewer(object, known)) this.#put(object);
  }

  #replaceAll(objects: readonly KubeObject[]): void {
    const listed = new Set(objects.map(keyOf));
    for (const key of [...this.#objects.keys()]) if (!listed.has(key)) this.#remove(key);
    for (const object of objects) this.#putIfNewer(object);
    this.#synced.resolve();
  }

  #put(object: KubeObject): void {
    const key = keyOf(object);
    const before = this.#objects.get(key) ?? null;
    this.#objects.set(key, object);
    if (before?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#tell({ before, after: object });
  }

  #remove(key: string): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    this.#tell({ before, after: null });
  }

  #tell(change: ObjectChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function isNewer(candidate: KubeObject, known: KubeObject): boolean {
  return Number(candidate.metadata.resourceVersion ?? 0) >= Number(known.metadata.resourceVersion ?? 0);
}
