import type { Instant } from '../core/index.ts';
import type { Answer } from './dispatch.ts';

/** The server's clock when it answered, to the second; null where it does not say. */
export function readServerTime(headers: Answer['headers']): Instant | null {
  const { date } = headers;
  const time = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
