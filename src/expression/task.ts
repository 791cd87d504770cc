import type { Expression } from './expression.ts';

/** What the thread is asked; it answers with a list of the same length. */
export type ExpressionTask =
  | { readonly do: 'check'; readonly expressions: readonly Expression[] }
  | {
      readonly do: 'evaluate' | 'compute';
      readonly expressions: readonly Expression[];
      readonly values: Readonly<Record<string, unknown>>;
    };
