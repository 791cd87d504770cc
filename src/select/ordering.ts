/** One way of ordering values; `Position` is what it reads a value as. */
export interface Ordering<Position> {
  readonly kind: 'semver' | 'alphabetical' | 'numerical';
  /** `semver range ">=1.0.0"`: how sentences speak of it. */
  readonly description: string;
  /** Where a value stands, or why it cannot be placed. */
  place(value: string): Placed<Position>;
  /** Why a placed value may not be picked; null when it may. */
  exclude(position: Position): Exclusion | null;
  /** Positive when `a` is later, that is, preferred. */
  compare(a: Position, b: Position): number;
  /** Of two values in the same position: positive when `a` is preferred. */
  breakTie(a: string, b: string): number;
}

export interface Exclusion {
  readonly reason: string;
  /** The range would have it, but for being a pre-release. */
  readonly preRelease: boolean;
}

export type Placed<Position> =
  | { readonly kind: 'placed'; readonly position: Position }
  | { readonly kind: 'unplaced'; readonly reason: string };

export type Direction = 'asc' | 'desc';
