import type { KubeObject, ManagedFieldsEntry } from '../../core/index.ts';
import { copyJson, isEqual, isObject } from '../json/json.ts';
import { apiVersionOf, type ResourceType } from '../kinds/resource-type.ts';
import { ApiStatus, applyConflict, badRequest, conflict, modifiedMeanwhile, notFound } from '../objects/api-status.ts';
import type { ObjectApi, Place } from '../objects/object-api.ts';
import type { WriteOptions } from '../objects/write-options.ts';
import { differenceOf, type FieldTree, intersectionOf, isEmptyTree, listFields, unionOf } from './field-tree.ts';
import { fieldsOf, withNamedParents } from './fields-of.ts';
import { findUntyped } from './find-untyped.ts';
import { formatOwners, type Owner, type Owners, ownableFields, ownerKey, parseOwners, withOwner } from './managed-fields.ts';
import { mergeValues, removeFields } from './merge-values.ts';
import { compareOwnable, trackUpdate } from './track-update.ts';

export interface ApplyOptions extends WriteOptions {
  readonly force: boolean;
}

/** Server-side apply: merges the configuration into the object, or makes it; takes away what this manager applied before and no longer does. */
export function applyToCluster(
  api: ObjectApi,
  place: Place,
  body: unknown,
  options: ApplyOptions,
): { object: KubeObject; created: boolean } {
  const { type } = place;
  const config = parseConfiguration(place, body);
  const current = api.find(place);
  if (current === null && options.subresource !== undefined) throw notFound(type, place.name);
  checkIdentity(type, place.name, config, current);
  const live = current ?? startObject(config);
  const { merged, owners } = planApply(type, live, config, options, api.clock.now(), current === null);
  const trackedBy = () => owners;
  if (current === null) return { object: api.create(type, place.namespace, merged, { ...options, trackedBy }), created: true };
  return { object: api.update(place, () => merged, { ...options, trackedBy }), created: false };
}

function parseConfiguration({ type, namespace, name }: Place, body: unknown): KubeObject {
  if (!isObject(body)) throw badRequest('error decoding YAML: the configuration is not an object');
  const apiVersion = apiVersionOf(type);
  if (body['apiVersion'] !== apiVersion || body['kind'] !== type.kind)
    throw badRequest(
      `the apply configuration is of ${body['apiVersion']} ${body['kind']}, the URL of ${apiVersion} ${type.kind}`,
    );
  const config = copyJson(body) as KubeObject;
  if (!isObject(config['metadata'])) config.metadata = { name };
  if (config.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  if (config.metadata.name !== undefined && config.metadata.name !== name)
    throw badRequest(`the name of the object (${config.metadata.name}) does not match the name on the URL (${name})`);
  config.metadata.name = name;
  const untyped = findUntyped(type.schema, config);
  if (untyped === null) return config;
  const where = `${config.metadata.namespace ?? ''}/${name}`.replace(
    /^\//,
    namespace === '' ? '/' : `${config.metadata.namespace ?? ''}/`,
  );
  throw new ApiStatus(500, '', `failed to create typed patch object (${where}; ${apiVersion}, Kind=${type.kind}): ${untyped}`);
}

function checkIdentity(type: ResourceType, name: string, { metadata }: KubeObject, current: KubeObject | null): void {
  if (current === null && metadata.uid !== undefined)
    throw conflict(
      type,
      name,
      `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`,
    );
  if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== (current?.metadata.resourceVersion ?? ''))
    throw conflict(type, name, modifiedMeanwhile);
}

function startObject({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name: metadata.name } };
}

interface Plan {
  readonly merged: KubeObject;
  readonly owners: ManagedFieldsEntry[];
}

function planApply(
  type: ResourceType,
  live: KubeObject,
  config: KubeObject,
  options: ApplyOptions,
  now: number,
  isNew: boolean,
): Plan {
  const subresource = options.subresource ?? '';
  const before = isNew ? new Map<string, Owner>() : ownersOf(type, live, now);
  const self = { manager: options.manager, operation: 'Apply' as const, apiVersion: apiVersionOf(type), subresource };
  const fields = ownableFields(type, subresource, fieldsOf(type.schema, config));
  const last = before.get(ownerKey(self))?.fields;
  const owners = withOwner(before, { ...self, fields }, now);
  const plain = withoutServerFields(live);
  const merged = pruneDropped(type, mergeValues(type.schema, plain, withoutServerFields(config)), last, owners);
  const changes = compareOwnable(type, subresource, plain, merged);
  const kept = settleConflicts(owners, ownerKey(self), unionOf(changes.added, changes.modified), changes.removed, options.force);
  return { merged: { ...merged, metadata: { ...merged.metadata, ...identityOf(live) } }, owners: formatOwners(kept) };
}

/** The owners of an object that has none yet: everything that is there belongs to those who came before. */
function ownersOf(type: ResourceType, live: KubeObject, now: number): Owners {
  const owners = parseOwners(live.metadata.managedFields);
  if (owners.size > 0) return owners;
  const options = { manager: 'before-first-apply' };
  return parseOwners(trackUpdate({ type, old: null, object: live, given: undefined, now, options }));
}

function withoutServerFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function identityOf({ metadata }: KubeObject): object {
  const { managedFields, resourceVersion, uid } = metadata;
  return { ...(resourceVersion && { resourceVersion }), ...(uid && { uid }), ...(managedFields && { managedFields }) };
}

/** Takes away what the manager applied last time and not now, unless somebody else owns it. */
function pruneDropped(type: ResourceType, merged: unknown, last: FieldTree | undefined, owners: Owners): KubeObject {
  if (last === undefined || isEmptyTree(last)) return merged as KubeObject;
  const { schema } = type;
  const named = (tree: FieldTree) => withNamedParents(schema, merged, tree);
  const lastNamed = named(last);
  const everybody = [...owners.values()].map(({ fields }) => fields).reduce(unionOf);
  const mergedFields = named(fieldsOf(schema, merged));
  const cut = removeFields(schema, merged, lastNamed);
  const kept = removeFields(schema, merged, differenceOf(mergedFields, unionOf(named(fieldsOf(schema, cut)), named(everybody))));
  const dropped = intersectionOf(differenceOf(mergedFields, named(fieldsOf(schema, kept))), lastNamed);
  return removeFields(schema, merged, dropped) as KubeObject;
}

function settleConflicts(owners: Owners, self: string, taken: FieldTree, removed: FieldTree, force: boolean): Owners {
  const conflicts = [...owners].flatMap(([key, owner]) => {
    const fields = key === self ? null : intersectionOf(owner.fields, taken);
    return fields === null || isEmptyTree(fields) ? [] : [{ owner, fields }];
  });
  if (conflicts.length > 0 && !force) throw describeConflicts(conflicts);
  return new Map(
    [...owners].map(([key, owner]) => [
      key,
      key === self ? owner : { ...owner, fields: differenceOf(differenceOf(owner.fields, taken), removed) },
    ]),
  );
}

function describeConflicts(conflicts: readonly { owner: Owner; fields: FieldTree }[]): ApiStatus {
  const named = conflicts
    .map(({ owner, fields }) => ({ who: describeOwner(owner), paths: listFields(fields) }))
    .sort((a, b) => (a.who < b.who ? -1 : 1));
  const causes = named.flatMap(({ who, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
  );
  const [only] = causes;
  if (causes.length === 1 && only !== undefined)
    return applyConflict(causes, `Apply failed with 1 conflict: ${only.message}: ${only.field}`);
  const lines = named.map(({ who, paths }) => `conflicts with ${who}:\n${paths.map((path) => `- ${path}`).join('\n')}`);
  return applyConflict(causes, `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`);
}

function describeOwner({ manager, operation, apiVersion, subresource }: Owner): string {
  const through = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${through}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}

/** Whether two lists of owners say the same, whenever it was. */
export function sameOwners(a: readonly ManagedFieldsEntry[], b: readonly ManagedFieldsEntry[]): boolean {
  const plain = (entries: readonly ManagedFieldsEntry[]) => entries.map(({ time: _, ...entry }) => entry);
  return isEqual(plain(a), plain(b));
}
