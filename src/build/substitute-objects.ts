import { createHash } from 'node:crypto';
import { errorMessage, gvkOf, type KubeObject } from '../core/index.ts';
import { assertVariableNames, substituteVariables, type Variables } from '../substitute/index.ts';
import type { BuiltObject } from './built-object.ts';
import { BuildError } from './error.ts';
import { formatYaml } from './format-yaml.ts';
import type { ReadManifest } from './manifest-reader.ts';
import { createTurns } from './turns.ts';

/** What takes the place of variables in built objects. */
export interface Substitution {
  readonly variables: Variables;
  /** Values that no message may carry. */
  readonly secrets?: readonly string[];
  /** A variable that is not set: by default an error. */
  readonly unset?: 'error' | 'empty';
}

/** Names it in a cache key; the values cannot be read from it. */
export function substitutionKey({ variables, unset = 'error' }: Substitution): string {
  const hash = createHash('sha256').update(unset);
  for (const [name, value] of [...variables].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${Buffer.byteLength(name)}:${name}${value.length}:`).update(value);
  return hash.digest('hex');
}

const optOut = 'kustomize.toolkit.fluxcd.io/substitute';
const problemsShown = 20;

/**
 * Objects with the variables in their YAML text replaced, each read again afterwards: so a number stays text only where quotes came
 * with the value. Throws one `BuildError` with a line for each object that could not be.
 */
export async function substituteObjects(
  objects: readonly BuiltObject[],
  substitution: Substitution,
  readManifest: ReadManifest,
): Promise<readonly BuiltObject[]> {
  const problems: string[] = [];
  const substituted: BuiltObject[] = [];
  const work = { substitution, readManifest, turn: createTurns() };
  for (const built of objects) {
    try {
      substituted.push(isOptedOut(built.object) ? built : { ...built, object: await substituteObject(built.object, work) });
    } catch (error) {
      problems.push(describe(built.object, error, substitution));
    }
  }
  if (problems.length === 0) return substituted;
  const more = problems.length > problemsShown ? [`and ${problems.length - problemsShown} more`] : [];
  throw new BuildError('SUBSTITUTION_FAILED', [...problems.slice(0, problemsShown), ...more].join('\n'));
}

function isOptedOut({ metadata }: KubeObject): boolean {
  return metadata.labels?.[optOut] === 'disabled' || metadata.annotations?.[optOut] === 'disabled';
}

interface Work {
  readonly substitution: Substitution;
  readonly readManifest: ReadManifest;
  turn(characters: number): Promise<void>;
}

async function substituteObject(object: KubeObject, { substitution, readManifest, turn }: Work): Promise<KubeObject> {
  const { variables, unset } = substitution;
  assertVariableNames(variables);
  const text = formatYaml(object);
  await turn(text.length);
  if (!text.includes('$')) return object;
  const bytes = attempt('variable substitution failed', () => substituteVariables(text, variables, unset));
  const { objects, problems } = await readManifest(bytes, 'line', { scalars: 'substituted' });
  if (problems.length > 0)
    throw new Error(problems.map(({ line, message }) => `YAMLToJSON: yaml: line ${line ?? 1}: ${message}`).join('; '));
  const [first, ...others] = objects;
  if (first === undefined || others.length > 0) throw new Error(`YAMLToJSON: ${objects.length} objects came out of one`);
  return first.object;
}

function attempt<T>(what: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw new Error(`${what}: ${errorMessage(error)}`, { cause: error });
  }
}

function describe(object: KubeObject, error: unknown, { secrets = [] }: Substitution): string {
  const { group, version, kind } = gvkOf(object);
  const name = `${kind}.${version}.${group === '' ? '[noGrp]' : group}/${object.metadata.name}`;
  return redact(`post build failed for '${name}': envsubst error: ${errorMessage(error)}`, secrets);
}

function redact(text: string, secrets: readonly string[]): string {
  const longestFirst = secrets.filter((secret) => secret.length > 2).toSorted((a, b) => b.length - a.length);
  return longestFirst.reduce((redacted, secret) => redacted.replaceAll(secret, '[redacted]'), text);
}
