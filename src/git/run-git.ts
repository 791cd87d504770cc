import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { runProgram, startProgram } from '../child/index.ts';
import { cleanText } from './clean-text.ts';
import type { Environment } from './environment.ts';
import { GitError } from './error.ts';

const defaultMaxBytes = 1_073_741_824;

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
  return startProgram(gitProgram({ folder, environment: { ...environment, ...more } }, args));
}

// GIT_DIR instead of a search: then neither an owner nor a parent folder can change which repository it is.
function gitProgram({ folder, environment }: Repository, args: readonly string[]) {
  return { program: 'git', args, folder, environment: { GIT_DIR: folder, ...environment } };
}

/** Runs one command to its end. An exit code that is not expected is a GitError; abort ends the whole process group. */
export async function runGit(repository: Repository, args: readonly string[], options: RunOptions = {}): Promise<GitAnswer> {
  const answer = await collectAnswer(repository, args, options);
  if ((options.expect ?? [0]).includes(answer.code)) return answer;
  throw describeFailure(args, answer);
}

async function collectAnswer(repository: Repository, args: readonly string[], options: RunOptions): Promise<GitAnswer> {
  const { signal, input = '', maxBytes = defaultMaxBytes } = options;
  const { folder, environment } = repository;
  const program = gitProgram({ folder, environment: { ...environment, ...options.environment } }, args);
  const end = await runProgram({ ...program, input, signal, maxOutputBytes: maxBytes });
  const command = `git ${args[0]}`;
  switch (end.kind) {
    case 'exited':
      return { code: end.code, stdout: end.output, stderr: end.errors };
    case 'too much output':
      throw new GitError('TOO_LARGE', `${command} printed more than ${maxBytes} bytes`);
    case 'not started':
      throw describeStartFailure(repository, end.cause);
    default:
      throw abortError(signal ?? AbortSignal.abort(), command);
  }
}

/** A working folder that is gone looks the same to the system as a program that is. */
export function describeStartFailure({ folder }: Pick<Repository, 'folder'>, cause: Error): GitError {
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
