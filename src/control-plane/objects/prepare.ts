import { randomUUID } from 'node:crypto';
import { type Clock, formatTime, type KubeObject, type ManagedFieldsEntry, type ObjectMeta } from '../../core/index.ts';
import { copyJson, isEqual, isObject } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { normalizeBuiltIn } from '../schema/normalize.ts';
import { dropForbiddenNulls } from '../schema/nulls.ts';
import { checkRules, hasRules } from '../schema/rules.ts';
import { validateSchema } from '../schema/validate.ts';
import { conflict, type FieldProblem, invalid, invalidValue, modifiedMeanwhile } from './api-status.ts';
import { applyBuiltInDefaults } from './built-in-defaults.ts';
import { validateBuiltIn } from './built-in-rules.ts';
import { validateMetadata } from './metadata.ts';
import { completeNew, showUnset } from './new-objects.ts';
import type { WriteOptions } from './write-options.ts';

/** The object as it will be stored for the first time, or a refusal. `decoded` is used up. */
export function prepareNew(type: ResourceType, decoded: KubeObject, clock: Clock, track: Track): KubeObject {
  const { metadata } = decoded;
  const { deletionTimestamp: _, resourceVersion: __, selfLink: ___, ...given } = metadata;
  const stamped: ObjectMeta = { ...given, uid: randomUUID(), creationTimestamp: formatTime(clock.now()) };
  delete stamped['deletionGracePeriodSeconds'];
  delete stamped.generation;
  if (hasGeneration(type)) stamped.generation = 1;
  const object: KubeObject = { ...decoded, metadata: stamped };
  if (type.hasStatus && !keepsStatusOnCreate(type)) delete object['status'];
  complete(type, object);
  object.metadata = withManagedFields(object.metadata, track(object));
  completeNew(type, object);
  showUnset(type, object);
  refuseInvalid(type, object, null);
  return object;
}

/** The object as it will replace `old`: what clients may not change is as it was, and the generation moves with the spec. */
export function prepareChange(
  type: ResourceType,
  old: KubeObject,
  decoded: KubeObject,
  options: WriteOptions,
  track: Track,
): KubeObject {
  checkPreconditions(type, old, decoded.metadata);
  const object = options.subresource === 'status' ? takeStatus(old, decoded) : takeAllButStatus(type, old, decoded);
  if (type.hasFinalize && options.subresource !== 'finalize') object['spec'] = old['spec'];
  complete(type, object);
  object.metadata = withManagedFields(object.metadata, track(object));
  keepAllocated(type, old, object);
  showUnset(type, object);
  object.metadata = { ...object.metadata, ...(hasGeneration(type) && { generation: nextGeneration(old, object) }) };
  refuseInvalid(type, object, old);
  return object;
}

/** The managedFields of an object that is complete but for what the server itself will write into it. */
export type Track = (object: KubeObject) => ManagedFieldsEntry[];

function withManagedFields({ managedFields: _, ...metadata }: ObjectMeta, managedFields: ManagedFieldsEntry[]): ObjectMeta {
  return managedFields.length === 0 ? metadata : { ...metadata, managedFields };
}

function complete(type: ResourceType, object: KubeObject): void {
  if (type.custom) dropForbiddenNulls(type.schema, object);
  applyDefaults(type.schema, object);
  applyBuiltInDefaults(type, object);
  if (!type.custom) normalizeBuiltIn(type.schema, object);
}

function checkPreconditions(type: ResourceType, old: KubeObject, given: ObjectMeta): void {
  if (given.uid !== undefined && given.uid !== '' && given.uid !== old.metadata.uid)
    throw conflict(
      type,
      old.metadata.name,
      `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${old.metadata.uid}`,
    );
  if ((type.custom || neverBlindly.has(type.storage)) && !given.resourceVersion) throw versionRequired(type, old.metadata.name);
  if (given.resourceVersion && given.resourceVersion !== old.metadata.resourceVersion)
    throw conflict(type, old.metadata.name, modifiedMeanwhile);
}

const neverBlindly = new Set([
  'policy/poddisruptionbudgets',
  'coordination.k8s.io/leases',
  'apiextensions.k8s.io/customresourcedefinitions',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
]);

/** Objects of custom kinds, and of a few others, are never replaced blindly. */
function versionRequired({ group, plural }: ResourceType, name: string): Error {
  return invalid({ group, plural, kind: plural }, name, [
    invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
  ]);
}

function takeStatus(old: KubeObject, decoded: KubeObject): KubeObject {
  const { status: _, ...rest } = copyJson(old);
  const managedFields = decoded.metadata.managedFields;
  const metadata = { ...rest.metadata, ...(managedFields && { managedFields }) };
  return { ...rest, metadata, ...(decoded['status'] === undefined ? {} : { status: decoded['status'] }) } as KubeObject;
}

function takeAllButStatus(type: ResourceType, old: KubeObject, decoded: KubeObject): KubeObject {
  const object: KubeObject = { ...decoded, metadata: keepSystemMetadata(old.metadata, decoded.metadata) };
  if (!type.hasStatus) return object;
  delete object['status'];
  return old['status'] === undefined ? object : { ...object, status: copyJson(old['status']) };
}

const systemFields = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
] as const;

function keepSystemMetadata(old: ObjectMeta, given: ObjectMeta): ObjectMeta {
  const { selfLink: _, ...metadata } = given;
  const kept: ObjectMeta = { ...metadata, name: old.name };
  for (const field of systemFields) {
    if (old[field] === undefined) delete kept[field];
    else Object.assign(kept, { [field]: old[field] });
  }
  return kept;
}

/** Addresses that the server gave out stay, also where a manifest does not name them. */
function keepAllocated(type: ResourceType, old: KubeObject, object: KubeObject): void {
  const [spec, oldSpec] = [object['spec'], old['spec']];
  if (!isObject(spec) || !isObject(oldSpec)) return;
  if (type.storage === '/services' && spec['type'] !== 'ExternalName')
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) spec[field] ??= oldSpec[field];
  if (type.storage === 'batch/jobs') for (const field of ['selector', 'completionMode']) spec[field] ??= oldSpec[field];
}

/** Everything but metadata and status counts. */
function nextGeneration(old: KubeObject, object: KubeObject): number {
  const strip = ({ metadata: _metadata, status: _status, apiVersion: _apiVersion, ...rest }: KubeObject) => rest;
  const before = old.metadata.generation ?? 1;
  return isEqual(strip(old), strip(object)) ? before : before + 1;
}

const withoutGeneration = new Set([
  ...[
    '/namespaces',
    '/configmaps',
    '/secrets',
    '/services',
    '/serviceaccounts',
    '/events',
    '/persistentvolumeclaims',
    '/persistentvolumes',
    '/endpoints',
    '/limitranges',
  ],
  ...[
    '/resourcequotas',
    '/nodes',
    'apps/controllerrevisions',
    'storage.k8s.io/storageclasses',
    'coordination.k8s.io/leases',
    'autoscaling/horizontalpodautoscalers',
  ],
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map((plural) => `rbac.authorization.k8s.io/${plural}`),
]);

function hasGeneration({ storage }: ResourceType): boolean {
  return !withoutGeneration.has(storage);
}

function keepsStatusOnCreate({ storage }: ResourceType): boolean {
  return storage === '/nodes';
}

function refuseInvalid(type: ResourceType, object: KubeObject, old: KubeObject | null): void {
  const problems = [
    ...validateMetadata(type, object),
    ...validateFinalizers(object, old),
    ...validateBuiltIn(type, object, old),
    ...(type.custom ? validateCustom(type, object, old) : []),
  ];
  if (problems.length > 0) throw invalid(type, object.metadata.name, problems);
}

function validateFinalizers({ metadata }: KubeObject, old: KubeObject | null): FieldProblem[] {
  if (old?.metadata.deletionTimestamp === undefined) return [];
  const added = (metadata.finalizers ?? []).filter((name) => !(old.metadata.finalizers ?? []).includes(name));
  if (added.length === 0) return [];
  const shown = `[]string{${added.map((name) => JSON.stringify(name)).join(', ')}}`;
  const detail = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`;
  return [{ field: 'metadata.finalizers', reason: 'FieldValueForbidden', detail }];
}

const unchecked: FieldProblem = {
  field: '<nil>',
  reason: 'FieldValueInvalid',
  detail:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

function validateCustom(type: ResourceType, object: KubeObject, old: KubeObject | null): FieldProblem[] {
  const { metadata: _, ...properties } = type.schema.properties ?? {};
  const schema = { ...type.schema, properties };
  const problems = validateSchema(schema, object);
  if (problems.length > 0) return hasRules(schema) ? [...problems, unchecked] : problems;
  return checkRules(schema, object, old ?? undefined);
}
