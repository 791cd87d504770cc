import { checkMetadata } from './check-metadata.ts';
import { rootSchemaOf } from './custom-resource-definition.ts';
import { describeIssue } from './describe-issue.ts';
import { type FieldProblem, ValidationError } from './error.ts';
import { kindDefinitions } from './kind-definitions.ts';
import { objectMetaFields } from './object-meta.ts';
import type { OpenApiSchema } from './open-api-schema.ts';
import { printValue } from './print-value.ts';
import { dropNulls, findUnknownFields, isFields } from './schema-walk.ts';
import { type ResourceByKind, type ServedKind, servedKinds } from './served-kinds.ts';

export interface ParseOptions {
  /** `reject` (default) throws on a field that the kind does not have, since it is most likely misspelt; `drop` leaves it out. */
  readonly unknownFields?: 'reject' | 'drop';
}

/** The served kind that an object says it is, or null. */
export function findServedKind(value: unknown): ServedKind | null {
  if (!isFields(value)) return null;
  const { apiVersion, kind } = value;
  return servedKinds.find((served) => served.kind === kind && apiVersionOf(served) === apiVersion) ?? null;
}

/**
 * An object from a file as a resource of this kind: checked as an API server would, its nulls dropped and its defaults filled in.
 * Throws a `ValidationError` with everything that is wrong with it.
 */
export function parseResource<Kind extends keyof ResourceByKind>(
  kind: Kind,
  value: unknown,
  { unknownFields = 'reject' }: ParseOptions = {},
): ResourceByKind[Kind] {
  const schema = fileSchemaOf(kind);
  const object = dropNulls(schema, value);
  if (!isFields(object)) throw new ValidationError(kind, [{ path: [], message: 'the document is no object' }]);
  const unknown = unknownFields === 'reject' ? findUnknownFields(schema, value) : [];
  const spec = parsePart(kind, 'spec', object);
  const status = parsePart(kind, 'status', { ...object, status: object['status'] ?? { observedGeneration: -1 } });
  const problems = [...checkType(kind, object), ...checkMetadata(object['metadata']), ...spec.problems, ...status.problems];
  if (problems.length > 0 || unknown.length > 0) throw new ValidationError(describeSubject(kind, object), problems, unknown);
  const { apiVersion, metadata } = object;
  // What TypeScript cannot follow: the schemas of this kind are those that its type was inferred from.
  return { apiVersion, kind, metadata, spec: spec.value, status: status.value } as unknown as ResourceByKind[Kind];
}

/** The definition leaves `metadata` to the API server; a file has none behind it. */
function fileSchemaOf(kind: keyof ResourceByKind): OpenApiSchema {
  const { properties, ...root } = rootSchemaOf(kind);
  const metadata = { properties: Object.fromEntries(objectMetaFields.map((field) => [field, {}])) };
  return { ...root, properties: { ...properties, metadata } };
}

interface Part {
  readonly value: unknown;
  readonly problems: readonly FieldProblem[];
}

function parsePart(kind: keyof ResourceByKind, part: 'spec' | 'status', object: Record<string, unknown>): Part {
  const parsed = kindDefinitions[kind][part].safeParse(object[part], { reportInput: true });
  if (parsed.success) return { value: parsed.data, problems: [] };
  return { value: undefined, problems: parsed.error.issues.map((issue) => describeIssue(issue, [part])) };
}

function checkType(kind: keyof ResourceByKind, object: Record<string, unknown>): FieldProblem[] {
  const expected = { apiVersion: apiVersionOf(kindDefinitions[kind]), kind };
  return (['apiVersion', 'kind'] as const).flatMap((field) => {
    const actual = object[field];
    if (actual === expected[field]) return [];
    if (actual === undefined) return [{ path: [field], message: 'Required value' }];
    const supported = JSON.stringify(expected[field]);
    return [{ path: [field], message: `Unsupported value: ${printValue(actual)}: supported values: ${supported}` }];
  });
}

/** `GitRepository.source.toolkit.fluxcd.io "web"`. */
function describeSubject(kind: keyof ResourceByKind, { metadata }: Record<string, unknown>): string {
  const name = isFields(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '';
  return `${kind}.${kindDefinitions[kind].group} ${JSON.stringify(name)}`;
}

function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return `${group}/${version}`;
}
