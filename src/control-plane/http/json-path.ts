import { isObject } from '../json/json.ts';

/** A step of a path: from some values to those one level below. */
type Step = (values: readonly unknown[]) => unknown[];

const compiled = new Map<string, readonly Step[]>();

const token =
  /\.(?<name>(?:\\.|[^.[\]\\])+)|\[\?\(@\.(?<field>[\w.\\/-]+)\s*(?<operator>==|!=)\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<bare>[\w.-]+))\)\]|\[['"](?<quoted>[^'"]+)['"]\]|\[(?<index>-?\d+)\]|\[(?<all>\*)\]/y;

/** The values at a Kubernetes JSONPath: members, indexes, `[*]`, and filters such as `.conditions[?(@.type=="Ready")].status`. */
export function readJsonPath(value: unknown, path: string): unknown[] {
  let steps = compiled.get(path);
  if (steps === undefined) {
    steps = compilePath(path);
    if (compiled.size > 1000) compiled.clear();
    compiled.set(path, steps);
  }
  return steps.reduce<unknown[]>((values, step) => step(values), [value]);
}

/** A path that is not understood leads nowhere. */
function compilePath(path: string): readonly Step[] {
  const text = path.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '');
  const steps: Step[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const groups = token.exec(text)?.groups;
    if (groups === undefined) return [() => []];
    steps.push(createStep(groups));
  }
  return steps;
}

function createStep(groups: Readonly<Record<string, string | undefined>>): Step {
  const name = groups['name']?.replaceAll(/\\(.)/g, '$1') ?? groups['quoted'];
  if (name === '*' || groups['all'] !== undefined) return (values) => values.flatMap(children);
  if (name !== undefined) return (values) => values.flatMap((value) => member(value, name));
  if (groups['index'] !== undefined)
    return (values) => values.flatMap((value) => (Array.isArray(value) ? value.slice(Number(groups['index'])).slice(0, 1) : []));
  return createFilter(groups);
}

function createFilter({ field = '', operator, double, single, bare }: Readonly<Record<string, string | undefined>>): Step {
  const wanted = double ?? single ?? bare ?? '';
  const matches = (item: unknown) => {
    const found = field.split('.').reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), item);
    return (String(found) === wanted) === (operator === '==');
  };
  return (values) => values.flatMap((value) => children(value).filter(matches));
}

function children(value: unknown): unknown[] {
  return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
}

function member(value: unknown, name: string): unknown[] {
  return isObject(value) && Object.hasOwn(value, name) ? [value[name]] : [];
}
