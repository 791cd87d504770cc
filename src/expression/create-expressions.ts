import type { Clock } from '../core/index.ts';
import { WorkThread } from '../thread/index.ts';
import type { ComputedAnswer, Expression, ExpressionAnswer } from './expression.ts';
import type { ExpressionTask } from './task.ts';

/** Evaluates expressions that others wrote, in a thread of its own with limits: the event loop never waits for one. */
export interface Expressions {
  /** For each expression why it can never be evaluated, or null. */
  check(expressions: readonly Expression[]): Promise<readonly (string | null)[]>;
  /** The answer of each expression over the same JSON values. Never rejects for what an expression does. */
  evaluate(expressions: readonly Expression[], values: Readonly<Record<string, unknown>>): Promise<readonly ExpressionAnswer[]>;
  /** The same for expressions of any type. */
  compute(expressions: readonly Expression[], values: Readonly<Record<string, unknown>>): Promise<readonly ComputedAnswer[]>;
  close(): Promise<void>;
}

export interface ExpressionsOptions {
  readonly clock: Clock;
  /** For all expressions of one call; default two seconds. */
  readonly timeoutMs?: number;
  /** How long an idle thread is kept; default half a minute. */
  readonly idleMs?: number;
}

/** No thread runs before the first call, nor when nothing was asked for a while. */
export function createExpressions({ clock, timeoutMs = 2000, idleMs = 30_000 }: ExpressionsOptions): Expressions {
  const thread = createThread({ clock, timeoutMs, idleMs });
  // What was checked once needs no thread again.
  const checked = new Map<string, string | null>();
  const ask = async <Answer>(
    task: 'evaluate' | 'compute',
    expressions: readonly Expression[],
    values: Readonly<Record<string, unknown>>,
  ): Promise<(Answer | { kind: 'failed'; because: string })[]> => {
    if (expressions.length === 0) return [];
    const answer = await thread.ask({ do: task, expressions, values });
    if (answer.kind === 'answer') return answer.answer as Answer[];
    return expressions.map(() => ({ kind: 'failed', because: answer.because }));
  };
  return {
    async check(expressions) {
      if (checked.size > checkedAtMost) checked.clear();
      const unknown = expressions.filter((expression) => !checked.has(keyOf(expression)));
      const answer = unknown.length === 0 ? nothing : await thread.ask({ do: 'check', expressions: unknown });
      if (answer.kind === 'none') return expressions.map(() => answer.because);
      for (const [index, mistake] of (answer.answer as (string | null)[]).entries()) {
        const expression = unknown[index];
        if (expression !== undefined) checked.set(keyOf(expression), mistake);
      }
      return expressions.map((expression) => checked.get(keyOf(expression)) ?? null);
    },
    evaluate: (expressions, values) => ask<ExpressionAnswer>('evaluate', expressions, values),
    compute: (expressions, values) => ask<ComputedAnswer>('compute', expressions, values),
    close: () => thread.close(),
  };
}

const checkedAtMost = 1000;
const nothing = { kind: 'answer', answer: [] } as const;

/** A few megabytes are plenty for the values of one object; more is an expression that builds something. */
const memory = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };

function createThread(options: Required<ExpressionsOptions>): WorkThread<ExpressionTask, unknown> {
  return new WorkThread({ ...options, program: new URL('./worker.ts', import.meta.url), memory });
}

function keyOf({ text, scope }: Expression): string {
  return JSON.stringify([scope, text]);
}
