import { answerTasks } from '../thread/index.ts';
import { compute, evaluate, findMistake } from './evaluate.ts';
import type { ComputedAnswer, ExpressionAnswer } from './expression.ts';
import type { ExpressionTask } from './task.ts';

// The thread that createExpressions starts.
answerTasks((task: ExpressionTask): (string | null)[] | ExpressionAnswer[] | ComputedAnswer[] => {
  if (task.do === 'check') return task.expressions.map(findMistake);
  const { expressions, values } = task;
  return task.do === 'compute'
    ? expressions.map((expression) => compute(expression, values))
    : expressions.map((expression) => evaluate(expression, values));
});
