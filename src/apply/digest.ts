import { createHash } from 'node:crypto';
import type { KubeObject } from '../core/index.ts';
import { canonicalJson } from './json.ts';

/** `sha256:<hex>` of an object as it will be sent; the order of its fields does not matter. */
export function manifestDigest(object: KubeObject): string {
  const known = digests.get(object) ?? digestOf(object);
  digests.set(object, known);
  return known;
}

// A manifest is never changed: it is asked for at each reconcile, for as long as it is kept.
const digests = new WeakMap<KubeObject, string>();

/** `sha256:<hex>` of any JSON value. */
export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}
