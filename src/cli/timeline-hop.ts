import type { Instant } from '../core/index.ts';

export type HopKind =
  | 'tag seen'
  | 'selected'
  | 'committed'
  | 'stored'
  | 'changed'
  | 'applied'
  | 'healthy'
  | 'held'
  | 'released'
  | 'drift'
  | 'failed';

/** One step of the loop that has just been seen. */
export interface Hop {
  readonly at: Instant;
  readonly kind: HopKind;
  /** `ImagePolicy apps/web`. */
  readonly subject: string;
  readonly text: string;
  /** Since the first hop of the bump that it belongs to; null where it belongs to none. */
  readonly sinceMs: number | null;
}
