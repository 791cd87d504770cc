import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SimpleGit, simpleGit } from 'simple-git';
import { signalGroup } from '../child/index.ts';
import { GitError } from './error.ts';
import type { OpenRemote } from './open-remote.ts';

const patienceMs = 1_000;

/** What a network command printed, whether it succeeded or not. */
export interface NetworkAnswer {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface NetworkCommand {
  /** The bare repository it works in. */
  readonly folder: string;
  readonly opened: OpenRemote;
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * The program that simple-git starts instead of git. It notes its process id and becomes the leader of a session of its own, without
 * a terminal: so aborting ends the transport helper or ssh too, and nothing can ask a question. simple-git offers neither.
 */
const launcherScript = `#!/bin/sh
printf '%s\\n' "$$" > "$TAGALONG_PID_FILE"
if command -v setsid >/dev/null 2>&1; then exec setsid git "$@"; fi
exec git "$@"
`;

/**
 * Runs a fetch, push or ls-remote through simple-git. Resolves with what git printed; whether that is a failure is the caller's to say.
 * The launcher lies among the private files of the command: the state folder may be deleted at any time.
 */
export async function runNetwork(command: NetworkCommand, task: (git: SimpleGit) => Promise<unknown>): Promise<NetworkAnswer> {
  const printed = { stdout: '', stderr: '' };
  const launcher = join(command.opened.folder, 'run-git');
  await writeFile(launcher, launcherScript, { mode: 0o600 });
  await stat(command.folder).catch((cause: unknown) => {
    throw new GitError('CORRUPT_MIRROR', `the mirror's folder ${command.folder} is gone; it is made anew`, { cause });
  });
  const git = createClient(command, launcher, printed);
  const onAbort = () => void endNetwork(command.opened);
  command.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await task(git);
    return { ok: true, ...printed };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { ok: false, stdout: printed.stdout, stderr: printed.stderr || text };
  } finally {
    command.signal.removeEventListener('abort', onAbort);
  }
}

function createClient(
  { folder, opened, environment, signal }: NetworkCommand,
  launcher: string,
  printed: { stdout: string; stderr: string },
): SimpleGit {
  const variables = { ...opened.environment, ...environment, GIT_DIR: folder };
  const git = simpleGit({
    baseDir: folder,
    binary: ['sh', launcher],
    abort: signal,
    allowEnvironment: Object.keys(variables),
    // Its guards are made for arguments and environments of strangers; these are made here, from nothing.
    unsafe: {
      allowUnsafeCustomBinary: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeHooksPath: true,
      allowUnsafeSshCommand: true,
      allowUnsafeAskPass: true,
      allowUnsafeInclude: true,
    },
  });
  return git.env(variables).outputHandler((_command, stdout, stderr) => {
    stdout.on('data', (chunk: Buffer) => {
      printed.stdout += chunk.toString();
    });
    stderr.on('data', (chunk: Buffer) => {
      printed.stderr = (printed.stderr + chunk.toString()).slice(-64_000);
    });
  });
}

async function endNetwork({ folder }: OpenRemote): Promise<void> {
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => ''));
  if (!(pid > 1)) return;
  if (!signalGroup(pid, 'SIGTERM')) return;
  setTimeout(() => signalGroup(pid, 'SIGKILL'), patienceMs).unref();
}
