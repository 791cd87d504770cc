import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findFreePort } from './free-port.ts';
import type { KubeApiServer } from './kube-api-server.ts';
import { findPart, requirePart } from './parts.ts';
import { type RunningProcess, startProcess } from './start-process.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

export type FluxController =
  | 'source-controller'
  | 'kustomize-controller'
  | 'image-reflector-controller'
  | 'image-automation-controller'
  | 'notification-controller';

export interface FluxControllersOptions {
  readonly controllers: readonly FluxController[];
  /** Their runtime namespace; it has to exist. */
  readonly namespace?: string;
  /** Further flags, of one controller. */
  readonly flags?: Partial<Record<FluxController, readonly string[]>>;
}

/** Flux's own controllers at work on an API server, each a process with a folder of its own. */
export interface FluxControllers extends AsyncDisposable {
  /** Ends one of them, as scaling its Deployment to nothing does. */
  stop(controller: FluxController): Promise<void>;
  pid(controller: FluxController): number;
  /** Where the notification-controller takes webhooks; '' where it was not started. */
  readonly webhookUrl: string;
  output(controller: FluxController): string;
}

/** The folder with Flux's definitions, for `kubectl apply -f`: `PEER_FLUX_CRDS`, else `crds/` beside the controllers. */
export function fluxDefinitions(): string {
  return process.env['PEER_FLUX_CRDS'] || join(dirname(requirePart('flux-controllers')), 'crds');
}

/** The program of one of them; throws, naming the folder, where it lacks that one. */
export function fluxController(controller: FluxController): string {
  const program = join(dirname(requirePart('flux-controllers')), controller);
  if (!existsSync(program)) throw new Error(`${program} is not there: the folder of Flux's controllers has to hold each of them`);
  return program;
}

/** Installs Flux's definitions with the real kubectl, as `flux install` leaves them, and waits until they are served. */
export function installFluxDefinitions(api: KubeApiServer): void {
  const kubectl = findPart('kubectl') ?? 'kubectl';
  const run = (...args: string[]) => execFileSync(kubectl, ['--kubeconfig', api.kubeconfigPath, ...args], { stdio: 'pipe' });
  run('apply', '--server-side', '--field-manager=flux', '-f', fluxDefinitions());
  run('wait', '--for=condition=Established', '--timeout=60s', '-f', fluxDefinitions());
}

/** Starts them and returns when each is ready. The definitions and the namespace have to be there. */
export async function startFluxControllers(api: KubeApiServer, options: FluxControllersOptions): Promise<FluxControllers> {
  await using starting = new AsyncDisposableStack();
  const running = new Map<FluxController, RunningProcess>();
  const webhooks = `127.0.0.1:${await findFreePort()}`;
  for (const controller of options.controllers)
    running.set(controller, starting.use(await start(api, controller, { ...options, webhooks }, starting)));
  const parts = starting.move();
  const find = (controller: FluxController) => {
    const found = running.get(controller);
    if (found === undefined) throw new Error(`${controller} was not started`);
    return found;
  };
  return {
    stop: async (controller) => find(controller)[Symbol.asyncDispose](),
    pid: (controller) => find(controller).pid,
    webhookUrl: running.has('notification-controller') ? `http://${webhooks}` : '',
    output: (controller) => find(controller).output(),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function start(
  api: KubeApiServer,
  controller: FluxController,
  { namespace = 'flux-system', flags = {}, webhooks }: FluxControllersOptions & { readonly webhooks: string },
  owner: AsyncDisposableStack,
): Promise<RunningProcess> {
  const folder = owner.use(await createTemporaryFolder(controller)).path;
  const [health, metrics, storage] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const own: Partial<Record<FluxController, readonly string[]>> = {
    'source-controller': [
      `--storage-path=${folder}`,
      `--storage-addr=127.0.0.1:${storage}`,
      `--storage-adv-addr=127.0.0.1:${storage}`,
    ],
    // Its default is one place for the whole machine, which only one process can have.
    'image-reflector-controller': [`--storage-path=${folder}`],
    'notification-controller': [`--receiverAddr=${webhooks}`, `--events-addr=127.0.0.1:${await findFreePort()}`],
  };
  return startProcess({
    name: controller,
    program: fluxController(controller),
    args: [
      // Outside of a pod they find no namespace for their Leases: a test that needs these holds them in their stead.
      '--enable-leader-election=false',
      `--health-addr=127.0.0.1:${health}`,
      `--metrics-addr=127.0.0.1:${metrics}`,
      ...(own[controller] ?? []),
      ...(flags[controller] ?? []),
    ],
    environment: { KUBECONFIG: api.kubeconfigPath, RUNTIME_NAMESPACE: namespace, HOME: folder, TMPDIR: folder },
    cwd: folder,
    isReady: () => isReady(`http://127.0.0.1:${health}/readyz`),
  });
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => null);
  return answer?.ok === true;
}
