import {
  applyFieldManager,
  applyModeOf,
  type ContestLedger,
  type DriftDecision,
  decideDrift,
  emptyLedger,
  noteDrift,
} from '../apply/index.ts';
import { describeObject, formatKey, type KubeObject, type NamespacedName, parseKey, refOf } from '../core/index.ts';
import type { Contest, DriftWatcher, DriftWatcherOptions, Expected } from './drift-watcher.ts';
import { type FollowedObject, KindWatches, type Look, watchKey } from './kind-watches.ts';

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

/** One metadata-only watch for each kind in use, by the owner label: what costs nothing while nothing drifts. */
export class Watcher implements DriftWatcher {
  readonly #options: DriftWatcherOptions;
  readonly #watches: KindWatches;
  readonly #owners = new Map<string, Owner>();
  #ledger: ContestLedger = emptyLedger;

  constructor(options: DriftWatcherOptions) {
    this.#options = options;
    this.#watches = new KindWatches({ ...options, changed: (id) => this.#changed(id) });
  }

  async follow(name: NamespacedName, objects: Iterable<FollowedObject>): Promise<void> {
    const owner = this.#owner(name);
    const places = [...new Map([...objects].map((object) => [watchKey(object, object.namespace ?? null), object])).values()];
    await Promise.all(places.map((place) => this.#followIn(owner, place)));
  }

  async #followIn(owner: Owner, { namespace, ...kind }: FollowedObject): Promise<void> {
    const everywhere = this.#watches.open(kind, null);
    owner.kinds.add(watchKey(kind, null));
    await everywhere.listed;
    if (!everywhere.isDenied || namespace === undefined) return;
    owner.kinds.add(watchKey(kind, namespace));
    await this.#watches.open(kind, namespace).listed;
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
      if (this.#watches.isDeniedEverywhere(ref) && ref.namespace !== undefined) owner.kinds.add(watchKey(ref, ref.namespace));
    }
    for (const id of owner.contested) if (!expected.has(id)) owner.contested.delete(id);
    if (before.some((kind) => !owner.kinds.has(kind))) void this.#dropUnused();
  }

  forget(name: NamespacedName): void {
    this.#owners.delete(formatKey(name));
    void this.#dropUnused();
  }

  judge(owner: NamespacedName, { manifest, record, autoscaled, ignored }: Expected): DriftDecision {
    const look = this.look(manifest);
    if (look.state === 'unknown') return { do: 'unknown', because: look.because };
    const object = look.state === 'seen' ? (look.object as KubeObject) : null;
    const mode = applyModeOf(manifest, object);
    return decideDrift(record, object, { fieldManager: applyFieldManager, owner, mode, manifest, autoscaled, ignored });
  }

  look(object: KubeObject): Look {
    return this.#watches.look(object);
  }

  offer(object: KubeObject): void {
    this.#watches.offer(object);
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
      const watch = this.#watches.get(key);
      // An apply tells better that a kind is missing.
      if (watch === undefined || watch.unwatched === null || watch.isMissing || owner.toldUnwatched.has(key)) return [];
      // Its namespaces are watched instead, and tell for themselves.
      if (watch.namespace === null && [...owner.kinds].some((other) => other.startsWith(`${key}@`))) return [];
      owner.toldUnwatched.add(key);
      return [`${watch.kind.kind}${watch.namespace === null ? '' : ` in ${watch.namespace}`}: ${watch.unwatched}`];
    });
  }

  async stop(): Promise<void> {
    this.#owners.clear();
    await this.#dropUnused();
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

  async #dropUnused(): Promise<void> {
    await this.#watches.keepOnly(new Set([...this.#owners.values()].flatMap(({ kinds }) => [...kinds])));
  }
}
