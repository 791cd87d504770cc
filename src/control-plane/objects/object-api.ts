import type { Clock, KubeObject, ObjectMeta } from '../../core/index.ts';
import { isEqual } from '../json/json.ts';
import type { KindRegistry } from '../kinds/kind-registry.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { trackUpdate } from '../merge/track-update.ts';
import { alreadyExists, badRequest, forbidden, invalid, invalidValue, notFound, pathNotFound } from './api-status.ts';
import { decodeObject } from './decode.ts';
import { type DeletionOutcome, deleteObject, finishDeletion } from './deletion.ts';
import { generateName } from './generate-name.ts';
import type { ObjectTable } from './object-table.ts';
import { prepareChange, prepareNew, type Track } from './prepare.ts';
import { fromStorage, toStorage } from './versions.ts';
import type { DeleteOptions, WriteOptions } from './write-options.ts';

/** Names one object, or the place of a new one. */
export interface Place {
  readonly type: ResourceType;
  /** '' for kinds that have none. */
  readonly namespace: string;
  readonly name: string;
}

/** Makes a changed object from the one that is there; called once, synchronously. */
export type Change = (current: KubeObject) => unknown;

/** What may be done with objects, by the rules of Kubernetes. Refusals are thrown as `ApiStatus`. Nothing that is returned may be changed. */
export class ObjectApi {
  readonly table: ObjectTable;
  readonly kinds: KindRegistry;
  readonly clock: Clock;

  constructor(table: ObjectTable, kinds: KindRegistry, clock: Clock) {
    this.table = table;
    this.kinds = kinds;
    this.clock = clock;
  }

  find({ type, namespace, name }: Place): KubeObject | null {
    const stored = this.table.get(type.storage, namespace, name);
    return stored === undefined ? null : fromStorage(type, stored);
  }

  get(place: Place): KubeObject {
    const object = this.find(place);
    if (object === null) throw notFound(place.type, place.name);
    return object;
  }

  list(type: ResourceType, namespace = ''): KubeObject[] {
    return this.table.list(type.storage, namespace).map((object) => fromStorage(type, object));
  }

  create(type: ResourceType, namespace: string, body: unknown, options: WriteOptions): KubeObject {
    const decoded = decodeObject(type, body, options);
    if (decoded.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
    placeObject(type, decoded, namespace);
    decoded.metadata.name ||= generateName(decoded.metadata['generateName']);
    const { name } = decoded.metadata;
    this.#requireNamespace(type, namespace, name);
    if (this.find({ type, namespace, name }) !== null) throw alreadyExists(type, name);
    return this.insert(type, decoded, options);
  }

  /** Stores a decoded object that is known not to be there. */
  insert(type: ResourceType, decoded: KubeObject, options: WriteOptions): KubeObject {
    const { namespace = '', name } = decoded.metadata;
    this.#requireNamespace(type, namespace, name);
    const object = prepareNew(type, decoded, this.clock, this.#tracker(type, null, decoded, options));
    return options.dryRun ? object : fromStorage(type, this.table.put(type.storage, toStorage(type, object)));
  }

  /** Replaces an object with what `change` makes of it; without a difference nothing is written. */
  update(place: Place, change: Change, options: WriteOptions): KubeObject {
    const current = this.get(place);
    const decoded = decodeObject(place.type, change(current), options);
    placeObject(place.type, decoded, place.namespace, place.name);
    return this.replace(place, current, decoded, options);
  }

  /** Stores a decoded object instead of `current`. */
  replace(place: Place, current: KubeObject, decoded: KubeObject, options: WriteOptions): KubeObject {
    const { type } = place;
    const object = prepareChange(type, current, decoded, options, this.#tracker(type, current, decoded, options));
    if (options.dryRun || isSame(current, object)) return options.dryRun && !isSame(current, object) ? object : current;
    const stored = this.table.put(type.storage, toStorage(type, object));
    return fromStorage(type, finishDeletion(this.table, type.storage, stored));
  }

  delete(place: Place, options: DeleteOptions): DeletionOutcome {
    const outcome = deleteObject(this, place, this.get(place), options);
    return { ...outcome, object: fromStorage(place.type, outcome.object) };
  }

  #tracker(
    type: ResourceType,
    old: KubeObject | null,
    { metadata: { managedFields: given } }: KubeObject,
    options: WriteOptions,
  ): Track {
    return (object) =>
      options.trackedBy?.(old, object) ?? trackUpdate({ type, old, object, given, now: this.clock.now(), options });
  }

  #requireNamespace(type: ResourceType, namespace: string, name: string): void {
    if (!type.namespaced) return;
    const home = this.table.get('/namespaces', '', namespace);
    if (home === undefined) throw notFound({ group: '', plural: 'namespaces', kind: 'Namespace' }, namespace);
    if (home.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(type, name, why, [
      { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' },
    ]);
  }
}

/** An object's metadata and its URL have to agree. */
function placeObject(type: ResourceType, object: KubeObject, namespace: string, name?: string): void {
  const { metadata } = object;
  if (type.namespaced && namespace === '') throw pathNotFound();
  if (name !== undefined && metadata.name !== undefined && metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  if (type.namespaced && metadata.namespace && metadata.namespace !== namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  const placed: ObjectMeta = { ...metadata, name: name ?? metadata.name ?? '' };
  if (type.namespaced) placed.namespace = namespace;
  else delete placed.namespace;
  object.metadata = placed;
  if (name !== undefined && type.custom && name === '')
    throw invalid(type, name, [invalidValue('metadata.name', name, 'must be set')]);
}

/** Whether a write would change nothing but the times of managedFields. */
function isSame(current: KubeObject, object: KubeObject): boolean {
  const { metadata: a, ...rest } = current;
  const { metadata: b, ...others } = object;
  if (!isEqual(rest, others)) return false;
  return isEqual({ ...a, managedFields: withoutTimes(a) }, { ...b, managedFields: withoutTimes(b) });
}

function withoutTimes({ managedFields = [] }: ObjectMeta): unknown[] {
  return managedFields.map(({ time: _, ...entry }) => entry);
}
