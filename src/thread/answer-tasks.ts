import { parentPort } from 'node:worker_threads';

/** In the program of a thread: one message a task, one message an answer. */
export function answerTasks<Task, Answer>(answer: (task: Task) => Answer): void {
  parentPort?.on('message', (task: Task) => parentPort?.postMessage(answer(task)));
  parentPort?.postMessage('ready');
}
