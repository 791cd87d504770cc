import { parentPort } from 'node:worker_threads';
import { evaluate, findMistake } from './evaluate.ts';
import type { ExpressionAnswer } from './expression.ts';
import type { ExpressionTask } from './task.ts';

// The thread that createExpressions starts: one message a task, one message an answer.
parentPort?.on('message', (task: ExpressionTask) => parentPort?.postMessage(answer(task)));
parentPort?.postMessage('ready');

function answer(task: ExpressionTask): (string | null)[] | ExpressionAnswer[] {
  return task.do === 'check'
    ? task.expressions.map(findMistake)
    : task.expressions.map((expression) => evaluate(expression, task.values));
}
