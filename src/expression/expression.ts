/** What an expression may name. `object`: any top-level field of one object; a list: these variables and no others. */
export type ExpressionScope = 'object' | readonly string[];

export interface Expression {
  /** CEL that yields a bool. */
  readonly text: string;
  readonly scope: ExpressionScope;
}

export type ExpressionAnswer =
  | { readonly kind: 'value'; readonly value: boolean }
  /** It could not be evaluated on these values: a missing field, no bool, or more work than it is given. */
  | { readonly kind: 'failed'; readonly because: string };
