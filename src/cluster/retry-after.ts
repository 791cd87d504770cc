import type { Instant } from '../core/index.ts';

/** The Retry-After header, seconds or a date, as milliseconds from `now`; null when absent or unreadable. */
export function parseRetryAfterMs(header: string | readonly string[] | undefined, now: Instant): number | null {
  const text = typeof header === 'string' ? header.trim() : header?.[0]?.trim();
  if (text === undefined || text === '') return null;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
