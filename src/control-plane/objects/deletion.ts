import { type Clock, formatTime, type KubeObject } from '../../core/index.ts';
import { listAt, objectAt } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { conflict } from './api-status.ts';
import type { ObjectTable } from './object-table.ts';
import type { DeleteOptions } from './write-options.ts';

export interface DeletionOutcome {
  readonly object: KubeObject;
  /** False while finalizers keep it. */
  readonly removed: boolean;
}

interface Deleting {
  readonly table: ObjectTable;
  readonly clock: Clock;
}

interface Target {
  readonly type: ResourceType;
  readonly name: string;
}

/** Deletes an object, or marks it where finalizers have something to do first. */
export function deleteObject(
  api: Deleting,
  { type, name }: Target,
  current: KubeObject,
  options: DeleteOptions,
): DeletionOutcome {
  checkPreconditions(type, name, current, options);
  const finalizers = finalizersFor(type, current, options.propagation);
  const isHeld = finalizers.length > 0 || holdsItself(type, current);
  if (options.dryRun) return { object: current, removed: !isHeld };
  const stored = api.table.get(type.storage, current.metadata.namespace ?? '', name) ?? current;
  if (!isHeld) return { object: api.table.remove(type.storage, stored), removed: true };
  if (stored.metadata.deletionTimestamp !== undefined && sameList(finalizers, stored.metadata.finalizers))
    return { object: stored, removed: false };
  return { object: api.table.put(type.storage, mark(type, stored, finalizers, formatTime(api.clock.now()))), removed: false };
}

function checkPreconditions(type: ResourceType, name: string, { metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(type, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      type,
      name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    );
}

const propagationFinalizers = { Foreground: 'foregroundDeletion', Orphan: 'orphan' } as const;

function finalizersFor(type: ResourceType, { metadata }: KubeObject, propagation: DeleteOptions['propagation']): string[] {
  const finalizers = withCleanup(type, metadata.finalizers ?? []);
  if (propagation === undefined) return finalizers;
  const rest = finalizers.filter((name) => name !== 'foregroundDeletion' && name !== 'orphan');
  if (propagation === 'Background') return rest;
  // Contents go with their namespace and their definition in any case; owners' objects only where there are some.
  return type.storage === '/namespaces' ? rest : [...rest, propagationFinalizers[propagation]];
}

/** The objects of a definition go before it does. */
export const definitionFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

function withCleanup({ storage }: ResourceType, finalizers: readonly string[]): string[] {
  const rest = finalizers.filter((name) => name !== definitionFinalizer);
  return storage === definitionStorage ? [...rest, definitionFinalizer] : rest;
}

function holdsItself({ storage }: ResourceType, object: KubeObject): boolean {
  return storage === '/namespaces' && listAt(object, 'spec', 'finalizers').length > 0;
}

function mark(type: ResourceType, object: KubeObject, finalizers: string[], now: string): KubeObject {
  const { finalizers: _, ...metadata } = object.metadata;
  const marked: KubeObject = {
    ...object,
    metadata: {
      ...metadata,
      ...(finalizers.length > 0 && { finalizers }),
      deletionTimestamp: metadata.deletionTimestamp ?? now,
      ...(type.storage !== '/namespaces' && { deletionGracePeriodSeconds: 0 }),
      ...(metadata.generation !== undefined &&
        metadata.deletionTimestamp === undefined && { generation: metadata.generation + 1 }),
    },
  };
  return type.storage === '/namespaces' ? { ...marked, status: { ...objectAt(object, 'status'), phase: 'Terminating' } } : marked;
}

/** Removes an object that is marked and that nothing holds any more. Returns its last state. */
export function finishDeletion(table: ObjectTable, storage: string, object: KubeObject): KubeObject {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  const isHeld = finalizers.length > 0 || (storage === '/namespaces' && listAt(object, 'spec', 'finalizers').length > 0);
  if (deletionTimestamp === undefined || isHeld) return object;
  table.remove(storage, object);
  return object;
}

function sameList(a: readonly string[], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}

/** The storage of CustomResourceDefinitions. */
export const definitionStorage = 'apiextensions.k8s.io/customresourcedefinitions';
