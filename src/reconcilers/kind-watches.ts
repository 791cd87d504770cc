import { inventoryId, ownerLabels } from '../apply/index.ts';
import {
  type Clock,
  type Cluster,
  errorMessage,
  type GroupVersionKind,
  type KubeObject,
  type Log,
  refOf,
  TagalongError,
  type WatchEvent,
} from '../core/index.ts';

/** What the watch tells about an object: its metadata, that it is not there (or not labelled), or nothing. */
export type Look =
  | { readonly state: 'seen'; readonly object: Pick<KubeObject, 'metadata'> }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly because: string };

/** The kind of an object, and where it is. */
export type FollowedObject = GroupVersionKind & { readonly namespace?: string };

/** One watch; ends when `stopping` aborts. */
export interface KindWatch {
  readonly kind: GroupVersionKind;
  /** Null for the whole cluster. */
  readonly namespace: string | null;
  readonly stopping: AbortController;
  readonly objects: Map<string, Pick<KubeObject, 'metadata'>>;
  readonly listed: Promise<void>;
  done: Promise<void>;
  /** Why it cannot be watched. */
  unwatched: string | null;
  /** The server has no such kind; asking again costs next to nothing. */
  isMissing: boolean;
  /** The user may not. */
  isDenied: boolean;
  isListed: boolean;
}

export interface KindWatchesOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  /** An object with this id in the inventory is another than before. */
  readonly changed: (id: string) => void;
}

const retryWatchMs = 60_000;

/** The metadata of what carries the owner label, by one watch for each kind, or for each namespace where everywhere is denied. */
export class KindWatches {
  readonly #options: KindWatchesOptions;
  readonly #watches = new Map<string, KindWatch>();
  readonly #failedAt = new Map<string, number>();

  constructor(options: KindWatchesOptions) {
    this.#options = options;
  }

  get(key: string): KindWatch | undefined {
    return this.#watches.get(key);
  }

  /** What is known of an object right now. */
  look(object: KubeObject): Look {
    const ref = refOf(object);
    const watch = this.#watchOf(ref);
    if (watch === undefined) return { state: 'unknown', because: `${ref.kind} is not watched` };
    if (watch.unwatched !== null) return { state: 'unknown', because: `${ref.kind} cannot be watched: ${watch.unwatched}` };
    if (!watch.isListed) return { state: 'unknown', because: `${ref.kind} is not listed yet` };
    const seen = watch.objects.get(inventoryId(ref));
    return seen === undefined ? { state: 'absent' } : { state: 'seen', object: seen };
  }

  /** Takes what a write of ours returned, which the watch will tell later. */
  offer(object: KubeObject): void {
    const watch = this.#watchOf(refOf(object));
    if (watch !== undefined && object.metadata.labels?.[ownerLabels.name] !== undefined) put(watch, object);
  }

  isDeniedEverywhere(kind: { readonly group: string; readonly kind: string }): boolean {
    return this.#watches.get(watchKey(kind, null))?.isDenied ?? false;
  }

  #watchOf(ref: FollowedObject): KindWatch | undefined {
    const inNamespace =
      ref.namespace !== undefined && this.isDeniedEverywhere(ref) ? this.#watches.get(watchKey(ref, ref.namespace)) : undefined;
    return inNamespace ?? this.#watches.get(watchKey(ref, null));
  }

  /** The watch of a kind in a namespace, or everywhere: the one that runs, or one started now. */
  open(kind: GroupVersionKind, namespace: string | null): KindWatch {
    const key = watchKey(kind, namespace);
    const known = this.#watches.get(key);
    if (known !== undefined && (known.unwatched === null || !this.#mayRetry(known))) return known;
    const watch = this.#start(kind, namespace);
    this.#watches.set(key, watch);
    return watch;
  }

  /** What could not be watched may have become possible: rights were given, a definition came. */
  #mayRetry({ kind, namespace, isMissing }: KindWatch): boolean {
    return isMissing || this.#options.clock.now() - (this.#failedAt.get(watchKey(kind, namespace)) ?? 0) >= retryWatchMs;
  }

  #start(kind: GroupVersionKind, namespace: string | null): KindWatch {
    const { promise: listed, resolve } = Promise.withResolvers<void>();
    const stopping = new AbortController();
    const state = { unwatched: null, isMissing: false, isDenied: false, isListed: false };
    const watch: KindWatch = { kind, namespace, stopping, objects: new Map(), listed, done: listed, ...state };
    const take = (event: WatchEvent) => {
      this.#take(watch, event);
      if (event.type !== 'synced') return;
      watch.isListed = true;
      resolve();
    };
    watch.done = this.#run(watch, take).finally(resolve);
    return watch;
  }

  async #run(watch: KindWatch, take: (event: WatchEvent) => void): Promise<void> {
    const { cluster, log, clock } = this.#options;
    const { signal } = watch.stopping;
    try {
      const resource = await cluster.resource(watch.kind);
      if (resource === null || !resource.verbs.includes('watch')) {
        const because = resource === null ? 'the server has no such kind' : 'the server has no watch for it';
        throw new TagalongError(resource === null ? 'NOT_FOUND' : 'UNSUPPORTED', because);
      }
      const place = watch.namespace === null ? {} : { namespace: watch.namespace };
      await cluster.watch(watch.kind, { ...place, labelSelector: ownerLabels.name, metadataOnly: true, signal }, take);
    } catch (error) {
      if (signal.aborted) return;
      watch.unwatched = errorMessage(error);
      watch.isMissing = error instanceof TagalongError && error.code === 'NOT_FOUND';
      watch.isDenied = error instanceof TagalongError && error.code === 'FORBIDDEN';
      this.#failedAt.set(watchKey(watch.kind, watch.namespace), clock.now());
      const fields = { kind: watch.kind.kind, error: errorMessage(error) };
      if (watch.isDenied && watch.namespace === null)
        log.debug('kind cannot be watched everywhere; its namespaces are tried', fields);
      else log.warn('kind cannot be watched; drift of it is found at the interval', fields);
    }
  }

  #take(watch: KindWatch, event: WatchEvent): void {
    if (event.type === 'synced') return this.#replaceAll(watch, event.objects);
    const id = idOf(watch, event.object);
    if (event.type !== 'deleted') {
      if (put(watch, event.object)) this.#options.changed(id);
      return;
    }
    const known = watch.objects.get(id);
    // It was made anew in the meantime, or an answer of ours is newer than this news.
    if (known === undefined || known.metadata.uid !== event.object.metadata.uid || versionOf(known) > versionOf(event.object))
      return;
    watch.objects.delete(id);
    this.#options.changed(id);
  }

  #replaceAll(watch: KindWatch, objects: readonly KubeObject[]): void {
    const before = new Map(watch.objects);
    watch.objects.clear();
    for (const object of objects) watch.objects.set(idOf(watch, object), { metadata: object.metadata });
    for (const id of new Set([...before.keys(), ...watch.objects.keys()]))
      if (before.get(id)?.metadata.resourceVersion !== watch.objects.get(id)?.metadata.resourceVersion) this.#options.changed(id);
  }

  /** Ends the watches of other keys than these; resolves when they have ended. */
  async keepOnly(used: ReadonlySet<string>): Promise<void> {
    const unused = [...this.#watches].filter(([key]) => !used.has(key));
    for (const [key, watch] of unused) {
      watch.stopping.abort(new Error('no object of the kind is applied any more'));
      this.#watches.delete(key);
    }
    await Promise.all(unused.map(([, { done }]) => done));
  }
}

/** The version is left out: an object is the same in all of them. */
export function watchKey({ group, kind }: { readonly group: string; readonly kind: string }, namespace: string | null): string {
  return `${group}/${kind}${namespace === null ? '' : `@${namespace}`}`;
}

/** Metadata-only objects do not name their own kind. */
function idOf({ kind }: KindWatch, object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return inventoryId({ ...kind, name, ...(namespace === undefined ? {} : { namespace }) });
}

/** True when this was news. */
function put(watch: KindWatch, object: KubeObject): boolean {
  const id = idOf(watch, object);
  const known = watch.objects.get(id);
  if (known !== undefined && versionOf(known) >= versionOf(object)) return false;
  watch.objects.set(id, { metadata: object.metadata });
  return true;
}

function versionOf({ metadata }: Pick<KubeObject, 'metadata'>): number {
  return Number(metadata.resourceVersion ?? 0);
}
