import type { IncomingHttpHeaders } from 'node:http';
import type { Instant } from '../core/index.ts';
import { longestMs, parseRetryAfter } from './retry-after.ts';

/**
 * How long a host wants to be left alone after this answer, in milliseconds; null if it does not say. `Retry-After` counts for 429
 * and 503. Of the rate limit headers (`RateLimit`, `RateLimit-*`, `X-RateLimit-*`) the reset counts for 429 and where nothing remains.
 */
export function parseAskedWait(status: number, headers: IncomingHttpHeaders, now: Instant): number | null {
  const isRefused = status === 429 || status === 503;
  const asked = isRefused ? parseRetryAfter(headers['retry-after'], now) : null;
  if (asked !== null) return asked;
  const { remaining, resetMs } = readRateLimit(headers, now);
  const isSpent = status === 429 || remaining === 0;
  return isSpent && resetMs !== null ? Math.min(resetMs, longestMs) : null;
}

interface RateLimit {
  readonly remaining: number | null;
  readonly resetMs: number | null;
}

function readRateLimit(headers: IncomingHttpHeaders, now: Instant): RateLimit {
  const limit = textOf(headers['ratelimit']);
  // `"default";r=0;t=30` of the later drafts, `limit=100, remaining=0, reset=30` of the earlier ones.
  const remaining =
    numberIn(/(?:^|[;,\s])(?:r|remaining)=(\d+)/i.exec(limit)?.[1]) ??
    numberIn(textOf(headers['ratelimit-remaining'])) ??
    numberIn(textOf(headers['x-ratelimit-remaining']));
  const reset =
    numberIn(/(?:^|[;,\s])(?:t|reset)=(\d+)/i.exec(limit)?.[1]) ??
    numberIn(textOf(headers['ratelimit-reset'])) ??
    numberIn(textOf(headers['x-ratelimit-reset']));
  return { remaining, resetMs: reset === null ? null : untilReset(reset, now) };
}

/** Some write seconds from now, some seconds since 1970: what lies before 2001 is not a date. */
function untilReset(reset: number, now: Instant): number {
  return reset > 1_000_000_000 ? Math.max(0, reset * 1000 - now) : reset * 1000;
}

/** The number in front: `76;w=21600` is 76. */
function numberIn(text: string | undefined): number | null {
  const digits = /^\s*(\d{1,15})(?:\.\d+)?(?=$|[\s;,])/.exec(text ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header.slice(0, 1024) : (header?.[0] ?? '').slice(0, 1024);
}
