import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../../../src/core/index.ts';
import { findFreePort } from '../../real/free-port.ts';
import type { KubeApiServer } from '../../real/index.ts';
import { type RunningProcess, startProcess } from '../../real/start-process.ts';
import { tokenOf } from './install.ts';

const program = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const namespace = 'flux-system';
const everyMs = 300;

/** The pod of the Deployment `tagalong`: it runs what the Deployment says, with the rights of its ServiceAccount and no others. */
export interface PlayedBot extends AsyncDisposable {
  /** The parts that run now; null while there is no pod. */
  parts(): string | null;
  /** Text of `/readyz`, '' while there is no pod. */
  readyz(): Promise<string>;
  /** What it printed last. */
  output(): string;
}

export function playBot(api: KubeApiServer, cluster: Cluster, folder: string): PlayedBot {
  const pod = new BotPod(api, cluster, folder);
  const stopping = new AbortController();
  const playing = pod.play(stopping.signal);
  return {
    parts: () => pod.parts,
    readyz: () => pod.readyz(),
    output: () => pod.output,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await playing;
    },
  };
}

interface DeploymentFields {
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } };
  };
}

class BotPod {
  readonly #api: KubeApiServer;
  readonly #cluster: Cluster;
  readonly #folder: string;
  #running: { readonly parts: string; readonly address: string; readonly process: RunningProcess } | null = null;
  #said = '';

  constructor(api: KubeApiServer, cluster: Cluster, folder: string) {
    this.#api = api;
    this.#cluster = cluster;
    this.#folder = folder;
  }

  get parts(): string | null {
    return this.#running?.parts ?? null;
  }

  get output(): string {
    return this.#said + (this.#running?.process.output() ?? '');
  }

  async readyz(): Promise<string> {
    if (this.#running === null) return '';
    return (await fetch(`http://${this.#running.address}/readyz`)).text();
  }

  async play(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // What failed to start shows by its absence, and is started again.
      await this.#step().catch((error: unknown) => {
        this.#said += `${error}\n`;
      });
      await new Promise((done) => setTimeout(done, everyMs));
    }
    await this.#end();
  }

  async #step(): Promise<void> {
    const wanted = await this.#wanted();
    if (wanted === this.parts) return;
    await this.#end();
    if (wanted !== null) this.#running = await this.#start(wanted);
  }

  async #wanted(): Promise<string | null> {
    const found = await this.#cluster.get({ group: 'apps', version: 'v1', kind: 'Deployment', namespace, name: 'tagalong' });
    if (found === null) return null;
    const { replicas, template } = (found as unknown as DeploymentFields).spec;
    const flag = '--controllers=';
    const given = template.spec.containers[0]?.args.find((arg) => arg.startsWith(flag));
    return replicas === 0 || given === undefined ? null : given.slice(flag.length);
  }

  /** An emptyDir is another one in each pod. */
  async #start(parts: string) {
    const kubeconfig = join(this.#folder, 'pod');
    await writeFile(kubeconfig, this.#api.kubeconfigWith(await tokenOf(this.#api, 'tagalong')), { mode: 0o600 });
    const address = `127.0.0.1:${await findFreePort()}`;
    const state = join(this.#folder, `state-of-pod-${await findFreePort()}`);
    const archives = `127.0.0.1:${await findFreePort()}`;
    const started = await startProcess({
      name: 'tagalong',
      program: process.execPath,
      args: [
        ...['--disable-warning=ExperimentalWarning', program, 'run', '--leader-elect', '--allow-loopback'],
        ...[`--kubeconfig=${kubeconfig}`, `--state-dir=${state}`, `--http-addr=${address}`, `--controllers=${parts}`],
        ...(parts.includes('source') ? [`--artifact-addr=${archives}`] : []),
      ],
      environment: { RUNTIME_DEPLOYMENT: 'tagalong', RUNTIME_NAMESPACE: namespace },
      isReady: async () => (await fetch(`http://${address}/readyz`)).status === 200,
    });
    return { parts, address, process: started };
  }

  async #end(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    if (running === null) return;
    await running.process[Symbol.asyncDispose]();
    this.#said += running.process.output();
  }
}
