import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Loop } from './start-loop.ts';

const script = fileURLToPath(new URL('run-app.ts', import.meta.url));

/** The bot as a child process on the parts and the state folder of a loop. */
export interface AppProcess extends AsyncDisposable {
  /** `SIGKILL` ends it between two instructions, `SIGTERM` asks it to end. Resolves with its exit code when it is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  /** Resolves when the kinds are listed and the first runs are queued. */
  readonly started: Promise<void>;
}

export async function startAppProcess(loop: Pick<Loop, 'controlPlane' | 'folder' | 'stateFolder'>): Promise<AppProcess> {
  const kubeconfig = join(loop.folder, 'kubeconfig');
  await writeFile(kubeconfig, loop.controlPlane.kubeconfigYaml);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, kubeconfig, loop.stateFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit').then(([code]) => code as number | null);
  const end: AppProcess['end'] = (signal) => {
    child.kill(signal);
    return gone;
  };
  return { end, started: whenStarted(child, gone), [Symbol.asyncDispose]: async () => void (await end('SIGKILL')) };
}

async function whenStarted(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  const said = child.stdout === null ? Promise.resolve() : once(child.stdout, 'data');
  await Promise.race([said, gone]);
}
