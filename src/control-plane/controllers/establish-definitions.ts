import { formatTime, type KubeObject } from '../../core/index.ts';
import { isObject, listAt, objectAt, textAt } from '../json/json.ts';
import { storageVersionOf } from '../kinds/custom-kinds.ts';
import type { KindRegistry } from '../kinds/kind-registry.ts';
import { definitionFinalizer, definitionStorage } from '../objects/deletion.ts';
import type { ObjectApi } from '../objects/object-api.ts';
import type { WorkQueue } from './work-queue.ts';

/** Serves what CustomResourceDefinitions ask for, as soon as they are stored, and ends it with them. Returns a function that ends it. */
export function establishDefinitions(api: ObjectApi, queue: WorkQueue): () => void {
  for (const definition of api.table.list(definitionStorage)) follow(api, queue, definition);
  return api.table.subscribe(null, ({ type, object, storage }) => {
    if (storage === definitionStorage && type === 'DELETED') api.kinds.withdraw(object.metadata.name);
    else if (storage === definitionStorage) follow(api, queue, object);
    else if (type === 'DELETED') lookAtDefinition(api, queue, storage);
  });
}

/** The last object of a definition that is being deleted lets it go. */
function lookAtDefinition(api: ObjectApi, queue: WorkQueue, storage: string): void {
  const [group = '', plural = ''] = storage.split('/');
  const definition = api.table.get(definitionStorage, '', `${plural}.${group}`);
  if (definition?.metadata.deletionTimestamp !== undefined) follow(api, queue, definition);
}

function follow(api: ObjectApi, queue: WorkQueue, definition: KubeObject): void {
  const { name, deletionTimestamp } = definition.metadata;
  if (deletionTimestamp !== undefined) queue.add(`definition ${name}`, () => endDefinition(api, name));
  const taken = findTakenName(api.kinds, definition);
  if (taken === null) api.kinds.serve(definition);
  writeStatus(api, definition, taken);
}

/** A name that another definition or a built-in kind of the same group has already. */
function findTakenName(kinds: KindRegistry, definition: KubeObject): string | null {
  const [group, plural] = [textAt(definition, 'spec', 'group'), textAt(definition, 'spec', 'names', 'plural')];
  const others = kinds.all().filter((type) => type.group === group && type.plural !== plural);
  const kind = textAt(definition, 'spec', 'names', 'kind');
  if (others.some((type) => type.kind === kind)) return kind;
  const short = listAt(definition, 'spec', 'names', 'shortNames').map(String);
  return short.find((name) => others.some((type) => type.shortNames.includes(name) || type.plural === name)) ?? null;
}

function writeStatus(api: ObjectApi, definition: KubeObject, taken: string | null): void {
  const type = api.kinds.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  if (type === undefined) return;
  const place = { type, namespace: '', name: definition.metadata.name };
  api.update(place, (current) => ({ ...current, status: describeStatus(current, taken, formatTime(api.clock.now())) }), {
    manager: 'kube-apiserver',
    subresource: 'status',
  });
}

function describeStatus(definition: KubeObject, taken: string | null, now: string): object {
  const status = objectAt(definition, 'status');
  const stored = listAt(status, 'storedVersions').map(String);
  const version = storageVersionOf(definition);
  const accepted = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  const refused = { type: 'NamesAccepted', status: 'False', reason: 'KindConflict', message: `"${taken}" is already in use` };
  const established = {
    type: 'Established',
    status: 'True',
    reason: 'InitialNamesAccepted',
    message: 'the initial names have been accepted',
  };
  const waiting = { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  const ending = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionInProgress',
    message: 'CustomResource deletion is in progress',
  };
  const conditions = [
    ...(taken === null ? [accepted, established] : [refused, waiting]),
    ...(definition.metadata.deletionTimestamp ? [ending] : []),
  ];
  return {
    conditions: conditions.map((condition) => ({ ...condition, lastTransitionTime: transitionTime(status, condition, now) })),
    acceptedNames: taken === null ? objectAt(definition, 'spec', 'names') : { plural: '', kind: '' },
    storedVersions: stored.includes(version) ? stored : [...stored, version],
  };
}

function transitionTime(status: object, condition: { type: string; status: string }, now: string): string {
  const before = listAt(status, 'conditions').find(
    (item) => isObject(item) && item['type'] === condition.type && item['status'] === condition.status,
  );
  return textAt(before, 'lastTransitionTime') || now;
}

function endDefinition(api: ObjectApi, name: string): void {
  const definition = api.table.get(definitionStorage, '', name);
  const [type, own] = [
    api.kinds.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions'),
    definition && typeOf(api, definition),
  ];
  if (definition === undefined || type === undefined || !definition.metadata.finalizers?.includes(definitionFinalizer)) return;
  if (own !== undefined && deleteAll(api, own) > 0) return;
  const finalizers = definition.metadata.finalizers.filter((item) => item !== definitionFinalizer);
  api.update({ type, namespace: '', name }, (current) => ({ ...current, metadata: { ...current.metadata, finalizers } }), {
    manager: 'kube-apiserver',
  });
}

function typeOf(api: ObjectApi, definition: KubeObject): ReturnType<KindRegistry['findStorage']> {
  return api.kinds.findStorage(`${textAt(definition, 'spec', 'group')}/${textAt(definition, 'spec', 'names', 'plural')}`);
}

/** Returns how many objects their finalizers still keep. */
function deleteAll(api: ObjectApi, type: NonNullable<ReturnType<typeof typeOf>>): number {
  for (const { metadata } of api.table.list(type.storage))
    if (metadata.deletionTimestamp === undefined)
      api.delete({ type, namespace: metadata.namespace ?? '', name: metadata.name }, { propagation: 'Background' });
  return api.table.list(type.storage).length;
}
