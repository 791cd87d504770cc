import { spawn } from 'node:child_process';

/** What a guard was told to watch; `release` ends the watch without doing anything. */
export interface Guard {
  release(): void;
}

/**
 * Runs a shell script with the given arguments if this process ends, in whatever way (kill -9 too), before `release`.
 * The guard is a shell that reads from a pipe of ours: when we die, the pipe closes and it does its work.
 */
export function guardWith(script: string, ...args: readonly string[]): Guard {
  const shell = spawn('sh', ['-c', `read -r released || { ${script}; }`, 'guard', ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // a Ctrl-C in the terminal reaches the whole process group; the guard must outlive it
  });
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  shell.unref();
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return { release: () => shell.stdin.end('released\n') };
}
