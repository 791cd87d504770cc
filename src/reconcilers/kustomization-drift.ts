import {
  applyFieldManager,
  applyModeOf,
  type ContestLedger,
  type DriftDecision,
  type DriftRecord,
  decideDrift,
  emptyLedger,
  inventoryId,
  noteDrift,
  ownerLabels,
} from '../apply/index.ts';
import {
  type Clock,
  type Cluster,
  describeObject,
  errorMessage,
  formatKey,
  type GroupVersionKind,
  type KubeObject,
  type Log,
  type NamespacedName,
  parseKey,
  refOf,
  TagalongError,
  type Wake,
  type WatchEvent,
} from '../core/index.ts';

/** What a Kustomization keeps, and what it was when it was last applied. */
export interface Expected {
  readonly manifest: KubeObject;
  readonly record: DriftRecord | null;
  readonly autoscaled: boolean;
  /** The steps to the fields that are left to others. */
  readonly ignored: readonly (readonly string[])[];
}

/** What the watch tells about an object: its metadata, that it is not there (or not labelled), or nothing. */
export type Look =
  | { readonly state: 'seen'; readonly object: Pick<KubeObject, 'metadata'> }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly because: string };

/** A fight over a field that was given up until the interval. */
export interface Contest {
  readonly id: string;
  readonly because: string;
}

export interface DriftWatcher {
  /**
   * Follows the kinds of these objects for a Kustomization, beside those it follows already; resolves when each was listed or cannot
   * be. Where the whole cluster may not be watched, each namespace is.
   */
  follow(owner: NamespacedName, objects: Iterable<FollowedObject>): Promise<void>;
  /** Replaces what is expected, and lets kinds go that nobody has any more. Deviations wake the Kustomization from now on. */
  expect(owner: NamespacedName, expected: ReadonlyMap<string, Expected>): void;
  /** Nothing of it is expected any more. */
  forget(owner: NamespacedName): void;
  /** Whether an object deviates, from what is known right now. */
  judge(owner: NamespacedName, expected: Expected): DriftDecision;
  look(object: KubeObject): Look;
  /** Takes what a write of ours returned, which the watch will tell later. */
  offer(object: KubeObject): void;
  /** While this runs, deviations of the owner's objects wait; then they are judged again. */
  during<T>(owner: NamespacedName, task: () => Promise<T>): Promise<T>;
  /** Changes of these objects wake the Kustomization; an empty list ends that. */
  wakeOn(owner: NamespacedName, ids: readonly string[]): void;
  isContested(owner: NamespacedName, id: string): boolean;
  /** Contests that nobody was told about yet. */
  takeContests(owner: NamespacedName): Contest[];
  /** Kinds in use that cannot be watched, with the reason, that nobody was told about yet. */
  takeUnwatched(owner: NamespacedName): string[];
  /** Nobody is followed any more, and all watches ended. */
  stop(): Promise<void>;
}

/** The kind of an object, and where it is. */
export type FollowedObject = GroupVersionKind & { readonly namespace?: string };

export interface DriftWatcherOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly wake: Wake;
}

interface KindWatch {
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

interface Owner {
  readonly name: NamespacedName;
  expected: ReadonlyMap<string, Expected>;
  readonly kinds: Set<string>;
  readonly dirty: Set<string>;
  readonly contested: Set<string>;
  /** Drift that was noted and not yet corrected. */
  readonly correcting: Set<string>;
  readonly toldUnwatched: Set<string>;
  contests: Contest[];
  wakeOn: ReadonlySet<string>;
  busy: number;
}

const retryWatchMs = 60_000;

/** One metadata-only watch for each kind in use, by the owner label: what costs nothing while nothing drifts. */
export class Watcher implements DriftWatcher {
  readonly #options: DriftWatcherOptions;
  readonly #kinds = new Map<string, KindWatch>();
  readonly #owners = new Map<string, Owner>();
  readonly #failedAt = new Map<string, number>();
  #ledger: ContestLedger = emptyLedger;

  constructor(options: DriftWatcherOptions) {
    this.#options = options;
  }

  async follow(name: NamespacedName, objects: Iterable<FollowedObject>): Promise<void> {
    const owner = this.#owner(name);
    const places = [...new Map([...objects].map((object) => [watchKey(object, object.namespace ?? null), object])).values()];
    await Promise.all(places.map((place) => this.#followIn(owner, place)));
  }

  async #followIn(owner: Owner, { namespace, ...kind }: FollowedObject): Promise<void> {
    const everywhere = this.#watch(kind, null);
    owner.kinds.add(watchKey(kind, null));
    await everywhere.listed;
    if (!everywhere.isDenied || namespace === undefined) return;
    owner.kinds.add(watchKey(kind, namespace));
    await this.#watch(kind, namespace).listed;
  }

  expect(name: NamespacedName, expected: ReadonlyMap<string, Expected>): void {
    const owner = this.#owner(name);
    owner.expected = expected;
    owner.correcting.clear();
    const before = [...owner.kinds];
    owner.kinds.clear();
    for (const { manifest } of expected.values()) {
      const ref = refOf(manifest);
      owner.kinds.add(watchKey(ref, null));
      if (this.#isDeniedEverywhere(ref) && ref.namespace !== undefined) owner.kinds.add(watchKey(ref, ref.namespace));
    }
    for (const id of owner.contested) if (!expected.has(id)) owner.contested.delete(id);
    if (before.some((kind) => !owner.kinds.has(kind))) this.#dropUnused();
  }

  forget(name: NamespacedName): void {
    this.#owners.delete(formatKey(name));
    this.#dropUnused();
  }

  judge(owner: NamespacedName, { manifest, record, autoscaled, ignored }: Expected): DriftDecision {
    const look = this.look(manifest);
    if (look.state === 'unknown') return { do: 'unknown', because: look.because };
    const object = look.state === 'seen' ? (look.object as KubeObject) : null;
    const mode = applyModeOf(manifest, object);
    return decideDrift(record, object, { fieldManager: applyFieldManager, owner, mode, manifest, autoscaled, ignored });
  }

  look(object: KubeObject): Look {
    const ref = refOf(object);
    const watch = this.#watchOf(ref);
    if (watch === undefined) return { state: 'unknown', because: `${ref.kind} is not watched` };
    if (watch.unwatched !== null) return { state: 'unknown', because: `${ref.kind} cannot be watched: ${watch.unwatched}` };
    if (!watch.isListed) return { state: 'unknown', because: `${ref.kind} is not listed yet` };
    const seen = watch.objects.get(inventoryId(ref));
    return seen === undefined ? { state: 'absent' } : { state: 'seen', object: seen };
  }

  offer(object: KubeObject): void {
    const watch = this.#watchOf(refOf(object));
    if (watch !== undefined && object.metadata.labels?.[ownerLabels.name] !== undefined) put(watch, object);
  }

  async during<T>(name: NamespacedName, task: () => Promise<T>): Promise<T> {
    const owner = this.#owner(name);
    owner.busy += 1;
    try {
      return await task();
    } finally {
      owner.busy -= 1;
      const dirty = [...owner.dirty];
      if (owner.busy === 0) owner.dirty.clear();
      if (owner.busy === 0) for (const id of dirty) this.#react(owner, id);
    }
  }

  wakeOn(name: NamespacedName, ids: readonly string[]): void {
    this.#owner(name).wakeOn = new Set(ids);
  }

  isContested(name: NamespacedName, id: string): boolean {
    return this.#owners.get(formatKey(name))?.contested.has(id) ?? false;
  }

  takeContests(name: NamespacedName): Contest[] {
    const owner = this.#owner(name);
    const { contests } = owner;
    owner.contests = [];
    return contests;
  }

  takeUnwatched(name: NamespacedName): string[] {
    const owner = this.#owner(name);
    return [...owner.kinds].flatMap((key) => {
      const watch = this.#kinds.get(key);
      // An apply tells better that a kind is missing.
      if (watch === undefined || watch.unwatched === null || watch.isMissing || owner.toldUnwatched.has(key)) return [];
      // Its namespaces are watched instead, and tell for themselves.
      if (watch.namespace === null && [...owner.kinds].some((other) => other.startsWith(`${key}@`))) return [];
      owner.toldUnwatched.add(key);
      return [`${watch.kind.kind}${watch.namespace === null ? '' : ` in ${watch.namespace}`}: ${watch.unwatched}`];
    });
  }

  async stop(): Promise<void> {
    const watches = [...this.#kinds.values()];
    this.#owners.clear();
    this.#dropUnused();
    await Promise.all(watches.map(({ done }) => done));
  }

  #owner(name: NamespacedName): Owner {
    const key = formatKey(name);
    const known = this.#owners.get(key);
    if (known !== undefined) return known;
    const owner: Owner = {
      name,
      expected: new Map(),
      kinds: new Set(),
      dirty: new Set(),
      contested: new Set(),
      correcting: new Set(),
      toldUnwatched: new Set(),
      contests: [],
      wakeOn: new Set(),
      busy: 0,
    };
    this.#owners.set(key, owner);
    return owner;
  }

  #isDeniedEverywhere(kind: { readonly group: string; readonly kind: string }): boolean {
    return this.#kinds.get(watchKey(kind, null))?.isDenied ?? false;
  }

  #watchOf(ref: FollowedObject): KindWatch | undefined {
    const inNamespace =
      ref.namespace !== undefined && this.#isDeniedEverywhere(ref) ? this.#kinds.get(watchKey(ref, ref.namespace)) : undefined;
    return inNamespace ?? this.#kinds.get(watchKey(ref, null));
  }

  #watch(kind: GroupVersionKind, namespace: string | null): KindWatch {
    const key = watchKey(kind, namespace);
    const known = this.#kinds.get(key);
    if (known !== undefined && (known.unwatched === null || !this.#mayRetry(known))) return known;
    const watch = this.#start(kind, namespace);
    this.#kinds.set(key, watch);
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
      if (put(watch, event.object)) this.#changed(id);
      return;
    }
    const known = watch.objects.get(id);
    // It was made anew in the meantime, or an answer of ours is newer than this news.
    if (known === undefined || known.metadata.uid !== event.object.metadata.uid || versionOf(known) > versionOf(event.object))
      return;
    watch.objects.delete(id);
    this.#changed(id);
  }

  #replaceAll(watch: KindWatch, objects: readonly KubeObject[]): void {
    const before = new Map(watch.objects);
    watch.objects.clear();
    for (const object of objects) watch.objects.set(idOf(watch, object), { metadata: object.metadata });
    for (const id of new Set([...before.keys(), ...watch.objects.keys()]))
      if (before.get(id)?.metadata.resourceVersion !== watch.objects.get(id)?.metadata.resourceVersion) this.#changed(id);
  }

  #changed(id: string): void {
    for (const owner of this.#owners.values()) {
      if (owner.wakeOn.has(id)) this.#wake(owner, 'an object whose health is waited for changed');
      if (!owner.expected.has(id)) continue;
      if (owner.busy > 0) owner.dirty.add(id);
      else this.#react(owner, id);
    }
  }

  #react(owner: Owner, id: string): void {
    const expected = owner.expected.get(id);
    if (expected === undefined) return;
    const decision = this.judge(owner.name, expected);
    if (decision.do !== 'correct') return;
    const what = describeObject(expected.manifest);
    // One change by hand makes several events (controllers follow it): it counts once until the correction has run.
    if (owner.correcting.has(id)) return this.#wake(owner, `drift of ${what}: ${decision.because}`);
    const note = noteDrift(this.#ledger, `${formatKey(owner.name)} ${id}`, {
      fields: decision.fields,
      now: this.#options.clock.now(),
    });
    this.#ledger = note.ledger;
    if (note.decision.do === 'correct') {
      owner.contested.delete(id);
      owner.correcting.add(id);
      return this.#wake(owner, `drift of ${what}: ${decision.because}`);
    }
    owner.contested.add(id);
    if (!note.decision.isNew) return;
    owner.contests.push({ id, because: `${what}: ${note.decision.because}` });
    this.#wake(owner, `contest over ${what}`);
  }

  #wake({ name }: Owner, because: string): void {
    this.#options.wake({ kind: 'Kustomization', ...parseKey(formatKey(name)) }, because);
  }

  #dropUnused(): void {
    const used = new Set([...this.#owners.values()].flatMap(({ kinds }) => [...kinds]));
    for (const [key, watch] of this.#kinds) {
      if (used.has(key)) continue;
      watch.stopping.abort(new Error('no object of the kind is applied any more'));
      this.#kinds.delete(key);
    }
  }
}

/** The version is left out: an object is the same in all of them. */
function watchKey({ group, kind }: { readonly group: string; readonly kind: string }, namespace: string | null): string {
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
