export { answerTasks } from './answer-tasks.ts';
export { type ThreadAnswer, WorkThread, type WorkThreadOptions } from './work-thread.ts';
