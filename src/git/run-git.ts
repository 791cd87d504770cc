import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cleanText } from './clean-text.ts';
import type { Environment } from './environment.ts';
import { GitError } from './error.ts';
import { endGroup } from './process-group.ts';

const defaultMaxBytes = 1_073_741_824;
const maxErrorChars = 64_000;

/** A bare repository and the environment its processes get. */
export interface Repository {
  readonly folder: string;
  readonly environment: Environment;
}

export interface RunOptions {
  readonly input?: Buffer | string;
  /** Further variables. */
  readonly environment?: Environment;
  readonly signal?: AbortSignal | undefined;
  readonly maxBytes?: number;
  /** Exit codes that are answers; the rest are errors. */
  readonly expect?: readonly number[];
}

export interface GitAnswer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Starts git in a process group of its own. The caller ends it with `endGroup`. */
export function startGit(
  { folder, environment }: Repository,
  args: readonly string[],
  more: Environment = {},
): ChildProcessWithoutNullStreams {
  // GIT_DIR instead of a search: then neither an owner nor a parent folder can change which repository it is.
  const child = spawn('git', args, { cwd: folder, env: { ...environment, GIT_DIR: folder, ...more }, detached: true });
  child.stdin.on('error', () => {}); // it may end before it read everything; its exit code tells
  return child;
}

/** Runs one command to its end. An exit code that is not expected is a GitError; abort ends the whole process group. */
export async function runGit(repository: Repository, args: readonly string[], options: RunOptions = {}): Promise<GitAnswer> {
  const answer = await collectAnswer(repository, args, options);
  if ((options.expect ?? [0]).includes(answer.code)) return answer;
  throw describeFailure(args, answer);
}

function collectAnswer(repository: Repository, args: readonly string[], options: RunOptions): Promise<GitAnswer> {
  const { signal, maxBytes = defaultMaxBytes } = options;
  if (signal?.aborted) return Promise.reject(abortError(signal, `git ${args[0]}`));
  const child = startGit(repository, args, options.environment);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let stderr = '';
    const fail = (error: GitError) => {
      reject(error);
      endGroup(child);
    };
    const onAbort = () => signal && fail(abortError(signal, `git ${args[0]}`));
    signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) fail(new GitError('TOO_LARGE', `git ${args[0]} printed more than ${maxBytes} bytes`));
      else chunks.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-maxErrorChars);
    });
    child.on('error', (cause) => reject(describeStartFailure(repository, cause)));
    child.on('close', (code) => {
      signal?.removeEventListener('abort', onAbort);
      resolve({ code: code ?? -1, stdout: Buffer.concat(chunks), stderr });
    });
    child.stdin.end(options.input ?? '');
  });
}

/** A working folder that is gone looks the same to the system as a program that is. */
export function describeStartFailure({ folder }: Repository, cause: Error): GitError {
  if (!existsSync(folder))
    return new GitError('CORRUPT_MIRROR', `git could not be started: the folder ${folder} is gone; it is made anew`, { cause });
  return new GitError('GIT_FAILED', `git could not be started: ${cause.message}; is it on PATH?`, { cause });
}

const damage =
  /missing (object|blob|tree|commit)|unable to (read|parse|find)|bad object|could not read|corrupt|not a git repository|bad (tree|signature)|does not match index|broken/i;

/** The error of a command that only reads or writes the mirror: damage is told apart, since a fetch repairs it. */
export function describeFailure(args: readonly string[], { code, stderr }: Pick<GitAnswer, 'code' | 'stderr'>): GitError {
  const text = `git ${args[0]} ended with exit code ${code}: ${cleanText(stderr) || 'it said nothing'}`;
  if (/no space left on device|disk quota exceeded/i.test(stderr))
    return new GitError('DISK_FULL', `${text}; make room on the disk of the state folder, or give it a larger volume`);
  return damage.test(stderr)
    ? new GitError('CORRUPT_MIRROR', `${text}; the mirror is rebuilt by the next fetch`)
    : new GitError('GIT_FAILED', text);
}

/** What an aborted signal means: a deadline that passed, or somebody who no longer wants the answer. */
export function abortError(signal: AbortSignal, attempted: string): GitError {
  const cause: unknown = signal.reason;
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
  return timedOut
    ? new GitError('TIMEOUT', `${attempted}: the deadline passed before it ended`, { cause })
    : new GitError('ABORTED', `${attempted}: aborted before it ended`, { cause });
}
