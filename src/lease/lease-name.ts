import { createHash } from 'node:crypto';

/**
 * The name of a Lease; that of a shard ends with the first eight hex digits of the SHA-256 of its selector's text, as Flux's controllers
 * name theirs, so that a shard of Flux and the same one of tagalong compete.
 */
export function leaseName(base: string, selector: string | undefined): string {
  if (selector === undefined) return base;
  return `${base}-${createHash('sha256').update(selector).digest('hex').slice(0, 8)}`;
}
