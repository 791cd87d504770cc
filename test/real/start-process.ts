import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { guardWith } from './guard.ts';
import { waitUntil } from './wait-until.ts';

const keptOutputChars = 1_000_000;
const shownOutputChars = 3_000;

export interface ProcessOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Answers true once the process does its job. */
  readonly isReady: () => boolean | Promise<boolean>;
  readonly readyTimeoutMs?: number;
  /** SIGKILL for programs whose orderly end takes long and leaves nothing that a test needs. */
  readonly stopSignal?: 'SIGTERM' | 'SIGKILL';
}

/** A process of ours; disposing of it ends it and nothing else. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it printed last, stdout and stderr together, up to a million characters. */
  output(): string;
}

/** Starts a program and returns when it is ready. It ends when disposed of, or when this process ends in whatever way. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const child = spawn(options.program, options.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...options.environment },
  });
  const output = collectOutput(child);
  await once(child, 'spawn');
  const guard = guardWith('kill -9 "$1"', String(child.pid));
  const stop = async () => {
    await endProcess(child, options.stopSignal ?? 'SIGTERM');
    guard.release();
  };
  try {
    await waitUntilReady(options, child, output);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: child.pid ?? 0, output, [Symbol.asyncDispose]: stop };
}

function collectOutput(child: ChildProcess): () => string {
  let text = '';
  const collect = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-keptOutputChars);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  return () => text;
}

async function waitUntilReady(options: ProcessOptions, child: ChildProcess, output: () => string): Promise<void> {
  const explain = (what: string, cause?: unknown) =>
    new Error(`starting ${options.name} (${options.program}): ${what}. It said:\n${output().slice(-shownOutputChars)}`, {
      cause,
    });
  const readyOrEnded = async () => hasEnded(child) || (await options.isReady());
  try {
    await waitUntil(`${options.name} to be ready`, readyOrEnded, { timeoutMs: options.readyTimeoutMs ?? 60_000, everyMs: 50 });
  } catch (error) {
    throw explain('it did not become ready in time', error);
  }
  if (hasEnded(child)) throw explain(`it ended by itself (${child.signalCode ?? `exit code ${child.exitCode}`})`);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const patience = new AbortController();
  const killLater = sleep(5_000, undefined, { signal: patience.signal }).then(
    () => child.kill('SIGKILL'),
    () => false,
  );
  await ended;
  patience.abort();
  await killLater;
}
