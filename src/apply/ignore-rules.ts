import { RE2JS } from 're2js';
import { errorMessage, gvkOf, type KubeObject, type LabelTest, parseLabelSelector, type TargetSelector } from '../core/index.ts';
import { ApplyError } from './error.ts';
import { parsePointer } from './json-pointer.ts';

/** One of `spec.ignore`: fields that others own. */
export interface IgnoreRule {
  /** RFC 6901. */
  readonly paths: readonly string[];
  /** Absent: every object. The first five are anchored regular expressions. */
  readonly target?: TargetSelector | undefined;
}

/** The steps to each field of an object that is left to others. */
export type IgnoredFields = (object: KubeObject) => readonly (readonly string[])[];

interface CompiledRule {
  readonly paths: readonly (readonly string[])[];
  matches(object: KubeObject): boolean;
}

/** Throws `IGNORE_INVALID`, naming the field, for what is no pointer, expression or selector. */
export function compileIgnoreRules(rules: readonly IgnoreRule[]): IgnoredFields {
  const compiled = rules.map(compileRule);
  return (object) => compiled.filter((rule) => rule.matches(object)).flatMap(({ paths }) => paths);
}

function compileRule({ paths, target = {} }: IgnoreRule, index: number): CompiledRule {
  const at = `spec.ignore[${index}]`;
  const expression = (field: 'group' | 'version' | 'kind' | 'namespace' | 'name') =>
    compileExpression(`${at}.target.${field}`, target[field]);
  const selector = (field: 'labelSelector' | 'annotationSelector') => compileSelector(`${at}.target.${field}`, target[field]);
  const [group, version, kind] = [expression('group'), expression('version'), expression('kind')];
  const [namespace, name] = [expression('namespace'), expression('name')];
  const [labels, annotations] = [selector('labelSelector'), selector('annotationSelector')];
  return {
    paths: paths.map(
      (path, position) =>
        parsePointer(path) ?? invalid(`${at}.paths[${position}]: '${path}' is no JSON pointer, such as /spec/replicas`),
    ),
    matches(object) {
      const { metadata } = object;
      const actual = gvkOf(object);
      return (
        group(actual.group) &&
        version(actual.version) &&
        kind(actual.kind) &&
        namespace(metadata.namespace ?? '') &&
        name(metadata.name) &&
        labels(metadata.labels ?? {}) &&
        annotations(metadata.annotations ?? {})
      );
    },
  };
}

function compileExpression(field: string, text: string | undefined): (value: string) => boolean {
  if (text === undefined || text === '') return () => true;
  try {
    const pattern = RE2JS.compile(`^(?:${text})$`);
    return (value) => pattern.matcher(value).find();
  } catch (error) {
    return invalid(`${field}: ${errorMessage(error)}`);
  }
}

function compileSelector(field: string, text: string | undefined): LabelTest {
  try {
    return parseLabelSelector(text ?? '');
  } catch {
    return invalid(`${field}: '${text}' is no selector, such as app=web,tier in (a,b)`);
  }
}

function invalid(message: string): never {
  throw new ApplyError('IGNORE_INVALID', message);
}
