import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FluxController, type FluxControllersOptions, findFreePort, startFluxControllers } from '../test/real/index.ts';
import type { BenchApi } from './bench-api.ts';
import { compileBot } from './compile-bot.ts';

/** Who is measured: the bot, or Flux's own controllers doing the same. */
export type SubjectName = 'tagalong' | 'flux';

export type Part = 'image' | 'source' | 'kustomize' | 'notification';

export interface Subject extends AsyncDisposable {
  readonly pids: readonly number[];
  /** Where webhooks are taken, with the part `notification`. */
  readonly webhookUrl: string;
}

export interface SubjectChoice {
  readonly name: SubjectName;
  readonly api: BenchApi;
  readonly parts: readonly Part[];
  /** Its state and its kubeconfig are there; a second start finds the first's state. */
  readonly folder: string;
  /** Further flags of Flux's controllers, where they are not measured as they are installed. */
  readonly fluxFlags?: FluxFlags;
}

export type FluxFlags = NonNullable<FluxControllersOptions['flags']>;

export async function startSubject(choice: SubjectChoice): Promise<Subject> {
  return choice.name === 'flux' ? startFlux(choice) : startBot(choice);
}

const controllersOf: Readonly<Record<Part, readonly FluxController[]>> = {
  source: ['source-controller'],
  kustomize: ['kustomize-controller'],
  image: ['image-reflector-controller', 'image-automation-controller'],
  notification: ['notification-controller'],
};

export const fluxControllers: readonly FluxController[] = Object.values(controllersOf).flat();

async function startFlux({ api, parts, fluxFlags = {} }: SubjectChoice): Promise<Subject> {
  if (api.real === undefined) throw new Error("Flux's controllers run on a real API server only: --real");
  const controllers = parts.flatMap((part) => controllersOf[part]);
  const running = await startFluxControllers(api.real, { controllers, flags: fluxFlags });
  return {
    pids: controllers.map((controller) => running.pid(controller)),
    webhookUrl: running.webhookUrl,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

/** As the image runs it. */
const imageFlags = ['--max-semi-space-size=2'];
const imageEnvironment = { MALLOC_ARENA_MAX: '2' };

async function startBot({ api, parts, folder }: SubjectChoice): Promise<Subject> {
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfigYaml, { mode: 0o600 });
  const webhooks = `127.0.0.1:${await findFreePort()}`;
  const args = ['--kubeconfig', kubeconfig, '--state-dir', join(folder, 'state'), '--log-level', 'info', '--leader-elect=false'];
  const asked = [`--controllers=${parts.join(',')}`, `--webhook-addr=${webhooks}`];
  const words = [...imageFlags, ...profileArgs(), compileBot(), ...args, ...asked];
  const env = { ...process.env, ...imageEnvironment };
  const bot = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'pipe'], env });
  await untilRunning(bot);
  return {
    pids: [bot.pid ?? 0],
    webhookUrl: `http://${webhooks}`,
    [Symbol.asyncDispose]: () => stopBot(bot),
  };
}

async function untilRunning(bot: ChildProcess): Promise<void> {
  let log = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  bot.stderr?.on('data', (chunk: Buffer) => {
    log = `${log}${chunk}`.slice(-4000);
    if (process.env['BENCH_LOG'] !== undefined) process.stderr.write(chunk);
    if (log.includes('"running"')) resolve();
  });
  bot.once('exit', () => reject(new Error(`the bot ended: ${log}`)));
  await promise;
}

/** `BENCH_PROFILE=folder` writes CPU profiles there. */
function profileArgs(): string[] {
  const folder = process.env['BENCH_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

async function stopBot(bot: ChildProcess): Promise<void> {
  if (bot.exitCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  bot.once('exit', () => resolve());
  bot.kill('SIGTERM');
  const timer = setTimeout(() => bot.kill('SIGKILL'), 10_000);
  await promise;
  clearTimeout(timer);
}
