import type { KubeObject } from '../../core/index.ts';
import { copyJson, isObject } from '../json/json.ts';
import { apiVersionOf, type ResourceType } from '../kinds/resource-type.ts';
import { findMistyped } from '../schema/mistyped.ts';
import { dropEmpties, dropNulls, pruneUnknown } from '../schema/prune.ts';
import { badRequest } from './api-status.ts';
import type { WriteOptions } from './write-options.ts';

/** A request's body as an object of `type`: members that the kind does not have are gone, what has the wrong type is refused. */
export function decodeObject(type: ResourceType, body: unknown, options: WriteOptions): KubeObject {
  if (!isObject(body)) throw badRequest(`the object provided is unrecognized (must be of type ${type.kind}): not a JSON object`);
  const copy = copyJson(body);
  const apiVersion = apiVersionOf(type);
  copy['apiVersion'] ??= apiVersion;
  copy['kind'] ??= type.kind;
  if (copy['kind'] !== type.kind || copy['apiVersion'] !== apiVersion)
    throw badRequest(
      `${describeKind(copy)} in version ${JSON.stringify(type.version)} cannot be handled as a ${type.kind}: the API version in the data (${copy['apiVersion']}) does not match the expected API version (${apiVersion}) or kind`,
    );
  if (!type.custom) dropNulls(copy);
  else dropNulls(copy['metadata']);
  refuseMistyped(type, copy);
  reportUnknown(type, pruneUnknown(type.schema, copy), options);
  if (type.custom) dropEmpties(type.schema.properties?.['metadata'] ?? {}, copy['metadata']);
  else dropEmpties(type.schema, copy);
  copy['metadata'] ??= {};
  return copy as KubeObject;
}

function describeKind(object: Record<string, unknown>): string {
  return typeof object['kind'] === 'string' ? object['kind'] : 'object';
}

/** Custom kinds have their types checked with everything else that their schema says; built-in ones and metadata while decoding. */
function refuseMistyped(type: ResourceType, object: Record<string, unknown>): void {
  const schema = type.custom
    ? { type: 'object', properties: { metadata: type.schema.properties?.['metadata'] ?? {} } }
    : type.schema;
  const mistyped = findMistyped(schema, object);
  if (mistyped === null) return;
  const { path, found, wanted } = mistyped;
  throw badRequest(
    `${type.kind} in version ${JSON.stringify(type.version)} cannot be handled as a ${type.kind}: json: cannot unmarshal ${found} into Go struct field ${path} of type ${wanted}`,
  );
}

function reportUnknown(type: ResourceType, unknown: readonly string[], options: WriteOptions): void {
  if (unknown.length === 0) return;
  const sentences = unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (options.fieldValidation === 'Strict')
    throw badRequest(
      `${type.kind} in version ${JSON.stringify(type.version)} cannot be handled as a ${type.kind}: strict decoding error: ${sentences.join(', ')}`,
    );
  if (options.fieldValidation !== 'Ignore') for (const sentence of sentences) options.warn?.(sentence);
}
