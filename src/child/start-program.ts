import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** A program to start. */
export interface Program {
  /** A name that is looked up in the environment's PATH, or a path. */
  readonly program: string;
  /** Handed over as they are: no shell reads them. Everybody on the machine can see them, so that no secret stands here. */
  readonly args: readonly string[];
  /** The whole environment: nothing of ours is passed on. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder?: string;
}

/**
 * Starts a program in a process group of its own, which the caller ends with `endGroup`. The one place that starts any: whoever wants its
 * output to the end, with limits, takes `runProgram`.
 */
export function startProgram({ program, args, environment, folder }: Program): ChildProcessWithoutNullStreams {
  const child = spawn(program, args, {
    ...(folder === undefined ? {} : { cwd: folder }),
    env: { ...environment },
    detached: true,
    shell: false,
    stdio: 'pipe',
  });
  child.stdin.on('error', () => {}); // it may end before it read everything; its exit code tells
  return child;
}
