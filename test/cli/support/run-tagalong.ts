import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../../src/cli/index.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** Runs the real program to its end, in an environment of its own. */
export async function runTagalong(args: readonly string[], { cwd, env = {}, stdin = '' }: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
  });
  child.stdin.on('error', () => {}); // it may end before it has read anything
  child.stdin.end(stdin);
  const closed = new Promise<number | null>((resolve) => void child.on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, stdout, stderr };
}

/** The same program within this process: no child to start, so that tables of many rows are cheap. */
export async function runInProcess(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const [stdout, stderr, signals] = [new PassThrough(), new PassThrough(), new EventEmitter()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const code = await runProgram({
    argv: ['node', 'tagalong', ...args],
    env: { HOME: '/nonexistent', ...env },
    stdout,
    stderr,
    once: (signal, listener) => signals.once(signal, listener),
  });
  stdout.end();
  stderr.end();
  const [answer, notes] = await printed;
  return { code, stdout: answer, stderr: notes };
}

/** A folder that is gone at the end of the test. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'tagalong-cli-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
