import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** The whole environment: nothing of ours is passed on. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly maxMemoryBytes: number;
  readonly signal: AbortSignal;
}

export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly output: Buffer; readonly errors: string }
  | { readonly kind: 'timeout' | 'aborted' | 'too much output' | 'too much memory' }
  | { readonly kind: 'not started'; readonly because: string };

const maxErrorBytes = 64 * 1024;

/** Runs a program in a process group of its own; whatever ends the run early ends the whole group. Never rejects. */
export function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    if (run.signal.aborted) return resolve({ kind: 'aborted' });
    const child = spawn(run.program, run.args, {
      cwd: run.folder,
      env: { ...run.environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let outputBytes = 0;
    let errorBytes = 0;
    let early: ProgramEnd | null = null;
    const stop = (end: ProgramEnd) => {
      early ??= end;
      killGroup(child.pid);
    };
    const onAbort = () => stop({ kind: 'aborted' });
    const timer = setTimeout(() => stop({ kind: 'timeout' }), run.timeoutMs);
    const watching = watchMemory(child.pid, run.maxMemoryBytes, () => stop({ kind: 'too much memory' }));
    run.signal.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes > run.maxOutputBytes) stop({ kind: 'too much output' });
      else output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (errorBytes < maxErrorBytes) errors.push(chunk);
      errorBytes += chunk.length;
    });
    const finish = (end: ProgramEnd) => {
      clearTimeout(timer);
      clearInterval(watching);
      run.signal.removeEventListener('abort', onAbort);
      resolve(early ?? end);
    };
    child.once('error', (error) => finish({ kind: 'not started', because: error.message }));
    child.once('close', (code) => {
      const text = Buffer.concat(errors).subarray(0, maxErrorBytes).toString('utf8');
      finish({ kind: 'exited', code: code ?? -1, output: Buffer.concat(output), errors: text });
    });
  });
}

const memoryLookMs = 100;
const pageBytes = 4096;

/** Asks the system how much the process has; where it does not tell (not Linux), there is no limit. */
function watchMemory(pid: number | undefined, maxBytes: number, tooMuch: () => void): NodeJS.Timeout {
  return setInterval(async () => {
    const text = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
    const pages = Number(text.split(' ')[1] ?? 0);
    if (pages * pageBytes > maxBytes) tooMuch();
  }, memoryLookMs);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
