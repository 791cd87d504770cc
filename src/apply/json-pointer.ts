import { isMap } from './json.ts';

/** The steps of an RFC 6901 pointer; null when it is not one. */
export function parsePointer(pointer: string): string[] | null {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return null;
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function formatPointer(steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** What stands at the end of the steps; undefined where they lead nowhere. */
export function valueAt(value: unknown, steps: readonly string[]): unknown {
  let at = value;
  for (const step of steps) at = Array.isArray(at) ? at[indexOf(step)] : isMap(at) ? at[step] : undefined;
  return at;
}

/** A copy without what stands there; the same value where the steps lead nowhere. */
export function removeAt(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return undefined;
  if (Array.isArray(value)) {
    const index = indexOf(step);
    if (!(index in value)) return value;
    return rest.length === 0 ? value.toSpliced(index, 1) : value.with(index, removeAt(value[index], rest));
  }
  if (!isMap(value) || !Object.hasOwn(value, step)) return value;
  const { [step]: inner, ...others } = value;
  return rest.length === 0 ? others : { ...value, [step]: removeAt(inner, rest) };
}

/** A copy with another value there; maps are made on the way, items of lists are not. */
export function setAt(value: unknown, [step, ...rest]: readonly string[], put: unknown): unknown {
  if (step === undefined) return put;
  if (Array.isArray(value)) {
    const index = indexOf(step);
    return index in value ? value.with(index, setAt(value[index], rest, put)) : value;
  }
  if (value !== undefined && value !== null && !isMap(value)) return value;
  return { ...(value ?? {}), [step]: setAt(isMap(value) ? value[step] : undefined, rest, put) };
}

/** -1, which nothing has, for what is no index. */
function indexOf(step: string): number {
  return /^(0|[1-9]\d*)$/.test(step) ? Number(step) : -1;
}
