import { createHash } from 'node:crypto';
import type { KubeObject } from '../core/index.ts';
import { canonicalJson } from './json.ts';

/** `sha256:<hex>` of an object as it will be sent; the order of its fields does not matter. */
export function manifestDigest(object: KubeObject): string {
  return digestOf(object);
}

/** `sha256:<hex>` of any JSON value. */
export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}
