import { type FileProblem, gvkOf, type KubeObject } from '../core/index.ts';
import type { BuildLimits } from './build-limits.ts';
import type { BuiltObject } from './built-object.ts';
import { type ResolveScalar, readYaml, type YamlDocument } from './read-yaml.ts';

export interface ObjectsOfFile {
  readonly objects: readonly BuiltObject[];
  readonly problems: readonly FileProblem[];
}

/**
 * The Kubernetes objects of one manifest: every document, lists flattened, without what is meant for kustomize alone. All problems
 * of the file are told, not only the first.
 */
export function readObjects(bytes: Buffer, file: string, limits: BuildLimits, resolve?: ResolveScalar): ObjectsOfFile {
  if (bytes.length > limits.maxFileBytes)
    return {
      objects: [],
      problems: [{ file, message: `${bytes.length} bytes are more than the ${limits.maxFileBytes} a manifest may have` }],
    };
  const read = readYaml(bytes, file, limits, resolve);
  if ('problems' in read) return { objects: [], problems: read.problems };
  const found = read.documents.map((document) => objectsOf(document, file));
  return { objects: found.flatMap(({ objects }) => objects), problems: found.flatMap(({ problems }) => problems) };
}

function objectsOf(document: YamlDocument, file: string): ObjectsOfFile {
  if (isEmpty(document.value)) return { objects: [], problems: [] };
  const objects: BuiltObject[] = [];
  const problems: FileProblem[] = [];
  for (const { value, line } of flatten(document)) {
    const problem = problemOf(value);
    if (problem !== null) problems.push({ file, line, message: problem });
    else if (isForCluster(value as KubeObject)) objects.push({ object: value as KubeObject, origin: { file, line } });
  }
  if (document.unsafeIntegers.length > 0 && !objects.every(({ object }) => roundsNumbers(object)))
    for (const { line, column, text } of document.unsafeIntegers)
      problems.push({ file, line, column, message: `the integer ${text} cannot be carried exactly; quote it if it is text` });
  return { objects, problems };
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0);
}

/** A List is its items, as deep as they go. Items of inner lists count as standing where the inner list starts. */
function flatten({ value, line, itemLines }: YamlDocument): { value: unknown; line: number }[] {
  const items = itemsOf(value);
  if (items === null) return [{ value, line }];
  return items.flatMap((item, index) =>
    flatten({ value: item, line: itemLines[index] ?? line, itemLines: [], unsafeIntegers: [] }),
  );
}

function itemsOf(value: unknown): unknown[] | null {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('items' in value)) return null;
  return typeof value.kind === 'string' && value.kind.endsWith('List') && Array.isArray(value.items) ? value.items : null;
}

/** What keeps a value from being an object that can be applied; null when nothing does. */
function problemOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a Kubernetes object: it is no mapping';
  const { apiVersion, kind, metadata } = value as { apiVersion?: unknown; kind?: unknown; metadata?: unknown };
  for (const [field, content] of [
    ['apiVersion', apiVersion],
    ['kind', kind],
  ] as const)
    if (typeof content !== 'string' || content === '') return `not a Kubernetes object: ${field} is missing or not text`;
  if ((apiVersion as string).startsWith('kustomize.config.k8s.io/')) return null;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return `${kind}: metadata is missing`;
  return problemOfName(String(kind), metadata as Record<string, unknown>);
}

function problemOfName(kind: string, { name, namespace, generateName }: Record<string, unknown>): string | null {
  if (name === undefined && generateName !== undefined)
    return `${kind}: metadata.generateName would make a new object each time; give it a name`;
  if (typeof name !== 'string' || name === '') return `${kind}: metadata.name is missing or not text`;
  if (namespace !== undefined && namespace !== null && typeof namespace !== 'string')
    return `${kind} ${name}: metadata.namespace is not text; quote it`;
  return null;
}

/** kustomize keeps its own configuration, and what is marked as local, for itself. */
function isForCluster({ apiVersion, metadata }: KubeObject): boolean {
  if (apiVersion.startsWith('kustomize.config.k8s.io/')) return false;
  const local = metadata.annotations?.['config.kubernetes.io/local-config'];
  return local === undefined || local === 'false';
}

/** Bounds in a schema are floating-point numbers in Kubernetes itself: rounding them there loses nothing. */
function roundsNumbers(object: KubeObject): boolean {
  const { group, kind } = gvkOf(object);
  return group === 'apiextensions.k8s.io' && kind === 'CustomResourceDefinition';
}
