import { isScalar, type YAMLMap } from 'yaml';

/** The first value of that key. */
export function firstValue(map: YAMLMap, key: string): unknown {
  return map.items.find((pair) => scalarText(pair.key) === key)?.value;
}

/** What a scalar reads as, always as text; undefined for anything else. */
export function scalarText(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  return node.source ?? (typeof node.value === 'string' ? node.value : '');
}
