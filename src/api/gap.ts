import type { ObjectMeta } from './object-meta.ts';

/** A field whose behaviour is not there yet. An object that sets it to anything but a no-op is refused, never half obeyed. */
export interface Gap {
  /** From the root of the object; `[]` stands for each item of a list: `spec.dependsOn[].readyExpr`. */
  readonly path: string;
  /** What does not happen yet, as a sentence for the person who set the field. */
  readonly because: string;
  /** Whether a value asks for nothing beyond what is there; empty and false values never do. */
  isNoop?(value: unknown): boolean;
}

export interface AnyResource {
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: object;
}

/** For `isNoop`: these values ask for nothing. */
export const oneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

/** One message for each place where the gap is hit: the place, and why it cannot be obeyed. */
export function findGap({ path, because, isNoop }: Gap, resource: AnyResource): string[] {
  return valuesAt(resource, path.split('.'))
    .filter(({ value }) => !isEmpty(value) && isNoop?.(value) !== true)
    .map((found) => `${found.path}: ${because}`);
}

interface Found {
  readonly path: string;
  readonly value: unknown;
}

function valuesAt(root: unknown, steps: readonly string[]): Found[] {
  let found: Found[] = [{ path: '', value: root }];
  for (const step of steps) found = found.flatMap((from) => stepInto(from, step));
  return found;
}

function stepInto({ path, value }: Found, step: string): Found[] {
  const name = step.replace('[]', '');
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
  const child = { path: path === '' ? name : `${path}.${name}`, value: Reflect.get(value, name) as unknown };
  if (!step.endsWith('[]')) return [child];
  if (!Array.isArray(child.value)) return [];
  return child.value.map((item: unknown, index) => ({ path: `${child.path}[${index}]`, value: item }));
}

/** Nothing, false, or a container of nothing else. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null)
    return value === undefined || value === null || value === false || value === '';
  return Object.values(value).every(isEmpty);
}
