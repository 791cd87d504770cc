import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { endGroup, signalGroup } from './process-group.ts';
import { type Program, startProgram } from './start-program.ts';

/** A program to run to its end. */
export interface ProgramRun extends Program {
  /** What it reads; default nothing. */
  readonly input?: Buffer | string;
  /** Absent: as long as `signal` lets it. */
  readonly timeoutMs?: number;
  readonly maxOutputBytes: number;
  /** Kept where the system tells how much a process has (Linux). */
  readonly maxMemoryBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/** `errors` is the end of what it said on stderr. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly output: Buffer; readonly errors: string }
  | { readonly kind: 'timeout' | 'aborted' | 'too much output' | 'too much memory' }
  | { readonly kind: 'not started'; readonly because: string; readonly cause: Error };

const maxErrorBytes = 64 * 1024;

/** Whatever ends the run early ends everything that it started too. Never rejects. */
export function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  if (run.signal?.aborted) return Promise.resolve({ kind: 'aborted' });
  const child = startProgram(run);
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  let early: ProgramEnd | null = null;
  const stop = (kind: 'timeout' | 'aborted' | 'too much output' | 'too much memory') => {
    early ??= { kind };
    // Who is no longer wanted may tidy up; who takes too much may not.
    if (kind === 'aborted') endGroup(child);
    else if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  };
  const output = collect(child.stdout, run.maxOutputBytes, () => stop('too much output'));
  const errors = collectTail(child.stderr);
  const release = watch(child, run, stop);
  child.once('error', (error) => {
    release();
    resolve(early ?? { kind: 'not started', because: error.message, cause: error });
  });
  child.once('close', (code) => {
    release();
    resolve(early ?? { kind: 'exited', code: code ?? -1, output: Buffer.concat(output), errors: errors() });
  });
  child.stdin.end(run.input ?? '');
  return promise;
}

function collect(stream: NodeJS.ReadableStream, maxBytes: number, tooMuch: () => void): Buffer[] {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) tooMuch();
    else chunks.push(chunk);
  });
  return chunks;
}

function collectTail(stream: NodeJS.ReadableStream): () => string {
  let tail = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-maxErrorBytes);
  });
  return () => tail.toString('utf8');
}

/** Returns what ends the watching. */
function watch(
  child: ChildProcess,
  { signal, timeoutMs, maxMemoryBytes }: ProgramRun,
  stop: (kind: 'timeout' | 'aborted' | 'too much memory') => void,
): () => void {
  const onAbort = () => stop('aborted');
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => stop('timeout'), timeoutMs);
  const looking =
    maxMemoryBytes === undefined ? undefined : watchMemory(child.pid, maxMemoryBytes, () => stop('too much memory'));
  return () => {
    clearTimeout(timer);
    clearInterval(looking);
    signal?.removeEventListener('abort', onAbort);
  };
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
