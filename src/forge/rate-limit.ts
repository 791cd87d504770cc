import type { Instant } from '../core/index.ts';

interface Headers {
  get(name: string): string | null;
}

const longestMs = 3_600_000;
const unsaidMs = 60_000;

/**
 * How long a forge wants to be left alone, or null if its answer is no limit: 429, or 403 with `Retry-After` or with nothing remaining
 * (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
 */
export function readRateLimit(status: number, headers: Headers, body: string, now: Instant): number | null {
  if (status !== 429 && status !== 403) return null;
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  const remaining = headers.get('x-ratelimit-remaining') ?? headers.get('ratelimit-remaining');
  const isLimit = status === 429 || !Number.isNaN(retryAfter) || remaining === '0' || /rate limit/i.test(body);
  if (!isLimit) return null;
  if (!Number.isNaN(retryAfter)) return within(retryAfter * 1000);
  const reset = Number(headers.get('x-ratelimit-reset') ?? headers.get('ratelimit-reset') ?? Number.NaN);
  return Number.isNaN(reset) ? unsaidMs : within(reset * 1000 - now);
}

function within(ms: number): number {
  return Math.min(Math.max(ms, 1_000), longestMs);
}
