/** What an expression may name. `object`: any top-level field of one object; a list: these variables and no others. */
export type ExpressionScope = 'object' | readonly string[];

export interface Expression {
  /** CEL that yields a bool, or any value where it is computed. */
  readonly text: string;
  readonly scope: ExpressionScope;
}

export type ExpressionAnswer =
  | { readonly kind: 'value'; readonly value: boolean }
  /** It could not be evaluated on these values: a missing field, no bool, or more work than it is given. */
  | { readonly kind: 'failed'; readonly because: string };

/** What an expression of any type yields, as JSON. */
export type ComputedAnswer =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly because: string };
