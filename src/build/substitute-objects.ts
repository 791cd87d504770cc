import { createHash } from 'node:crypto';
import { errorMessage, gvkOf, type KubeObject } from '../core/index.ts';
import { assertVariableNames, substituteVariables, type Variables } from '../substitute/index.ts';
import type { BuildLimits } from './build-limits.ts';
import type { BuiltObject } from './built-object.ts';
import { BuildError } from './error.ts';
import { formatYaml } from './format-yaml.ts';
import { readObjects } from './read-objects.ts';
import { resolveSubstitutedScalar } from './resolve-plain-scalar.ts';

/** What takes the place of variables in built objects. */
export interface Substitution {
  readonly variables: Variables;
  /** Values that no message may carry. */
  readonly secrets?: readonly string[];
}

/** Names it in a cache key; the values cannot be read from it. */
export function substitutionKey({ variables }: Substitution): string {
  const hash = createHash('sha256');
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
export function substituteObjects(
  objects: readonly BuiltObject[],
  substitution: Substitution,
  limits: BuildLimits,
): readonly BuiltObject[] {
  const problems: string[] = [];
  const substituted = objects.map((built) => {
    if (isOptedOut(built.object)) return built;
    try {
      return { ...built, object: substituteObject(built.object, substitution, limits) };
    } catch (error) {
      problems.push(describe(built.object, error, substitution));
      return built;
    }
  });
  if (problems.length === 0) return substituted;
  const more = problems.length > problemsShown ? [`and ${problems.length - problemsShown} more`] : [];
  throw new BuildError('SUBSTITUTION_FAILED', [...problems.slice(0, problemsShown), ...more].join('\n'));
}

function isOptedOut({ metadata }: KubeObject): boolean {
  return metadata.labels?.[optOut] === 'disabled' || metadata.annotations?.[optOut] === 'disabled';
}

function substituteObject(object: KubeObject, { variables }: Substitution, limits: BuildLimits): KubeObject {
  assertVariableNames(variables);
  const text = formatYaml(object);
  if (!text.includes('$')) return object;
  const bytes = attempt('variable substitution failed', () => substituteVariables(text, variables));
  const { objects, problems } = readObjects(bytes, 'line', limits, resolveSubstitutedScalar);
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
