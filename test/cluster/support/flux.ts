import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { requirePart } from '../../real/index.ts';

export interface FluxRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const runsAtMostMs = 60_000;

function start(kubeconfig: string, args: readonly string[]) {
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', KUBECONFIG: kubeconfig };
  return spawn(requirePart('flux'), [...args], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: runsAtMostMs });
}

/** Runs the real flux CLI to its end. A code of null: it did not end in time. */
export async function runFlux(kubeconfig: string, ...args: readonly string[]): Promise<FluxRun> {
  const child = start(kubeconfig, args);
  const closed = new Promise<number | null>((resolve) => void child.on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, stdout, stderr };
}

/** Runs a command of flux that goes on by itself until its answer has all of `wanted`, one after the other; `meanwhile` is called after each. */
export async function followFlux(
  kubeconfig: string,
  args: readonly string[],
  wanted: readonly RegExp[],
  meanwhile: (seen: number) => Promise<unknown>,
): Promise<string> {
  const child = start(kubeconfig, args);
  let said = '';
  let seen = 0;
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    said += chunk as string;
    for (let next = wanted[seen]; next?.test(said); next = wanted[seen]) {
      seen += 1;
      await meanwhile(seen);
    }
    if (seen === wanted.length) break;
  }
  child.kill();
  if (seen < wanted.length) throw new Error(`flux ${args.join(' ')} never said ${wanted[seen]}, but: ${said}`);
  return said;
}
