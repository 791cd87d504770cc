import type { ChildProcess } from 'node:child_process';

const patienceMs = 1_000;

/** Ends a process that leads a group, and everything it started: first politely, so that git removes its lock files. */
export function endGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  signalGroup(pid, 'SIGTERM');
  const later = setTimeout(() => signalGroup(pid, 'SIGKILL'), patienceMs);
  later.unref();
  child.once('exit', () => {
    clearTimeout(later);
    // What the leader left behind in its group (a transport helper, an ssh) goes with it.
    signalGroup(pid, 'SIGKILL');
  });
}

/** Signals the whole group of `pid`; false when there is none any more. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
