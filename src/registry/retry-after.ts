import type { Instant } from '../core/index.ts';

/** A day: a registry that asks for more is asked again after that. */
export const longestMs = 86_400_000;

/** A `Retry-After` header, in seconds or as an HTTP date, as milliseconds from now; null if there is none that can be read. */
export function parseRetryAfter(value: string | undefined, now: Instant): number | null {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, longestMs);
  if (!/^[A-Z][a-z]+, ?\d|^[A-Z][a-z]{2} [A-Z][a-z]{2} /.test(text)) return null;
  // An asctime date names no zone; it is GMT like the others (RFC 9110, section 5.6.7).
  const instant = Date.parse(/GMT|UTC|[+-]\d{4}$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(instant) ? null : Math.min(Math.max(0, instant - now), longestMs);
}
