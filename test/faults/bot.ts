import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const skew = new URL('skewed-clock.ts', import.meta.url).href;

export interface BotOptions {
  readonly kubeconfig: string;
  readonly stateFolder: string;
  /** Its log at debug level is appended there. */
  readonly logFile: string;
  /** How far its clock is from ours. */
  readonly skewMs?: number;
  /** Further flags of `run`. */
  readonly flags?: readonly string[];
  /** Further flags of Node. */
  readonly nodeFlags?: readonly string[];
  /** The largest file it may write; more fails as on a full disk. */
  readonly maxFileBytes?: number;
}

/** `tagalong run` as a process of its own. */
export interface Bot extends AsyncDisposable {
  readonly pid: number;
  readonly isAlive: boolean;
  /** Resolves when it says that it runs, or is gone. */
  readonly started: Promise<void>;
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  /** From Linux's /proc; 0 where it does not tell. */
  residentBytes(): number;
}

/** Starts it with nothing of our environment but PATH. */
export function startBot(options: BotOptions): Bot {
  const { kubeconfig, stateFolder, logFile, skewMs = 0, flags = [], nodeFlags = [], maxFileBytes } = options;
  const preload = skewMs === 0 ? [] : ['--import', skew];
  const args = ['--disable-warning=ExperimentalWarning', ...nodeFlags, ...preload, main, 'run', '--kubeconfig', kubeconfig];
  const all = [...args, '--state-dir', stateFolder, '--log-level', 'debug', ...flags];
  const [program, words] =
    maxFileBytes === undefined
      ? [process.execPath, all]
      : ['prlimit', [`--fsize=${maxFileBytes}:unlimited`, process.execPath, ...all]];
  const child = spawn(program, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', TAGALONG_TEST_SKEW_MS: String(skewMs) },
  });
  const gone = once(child, 'exit').then(([code]) => code as number | null);
  return {
    pid: child.pid ?? 0,
    get isAlive() {
      return child.exitCode === null && child.signalCode === null;
    },
    started: Promise.race([whenRunning(child, logFile), gone.then(() => undefined)]),
    end(signal) {
      child.kill(signal);
      return gone;
    },
    residentBytes: () => readResident(child.pid ?? 0),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function whenRunning(child: ChildProcess, logFile: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  child.stderr?.on('data', (chunk: Buffer) => {
    appendFileSync(logFile, chunk);
    if (chunk.includes('"running"')) resolve();
  });
  return promise;
}

const pageBytes = 4096;

function readResident(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes;
  } catch {
    return 0;
  }
}
