import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import type { Cluster } from '../../../src/core/index.ts';
import {
  type ControllerName,
  claimLease,
  formatMicroTime,
  leaseRef,
  parseLease,
  releaseLease,
  renderLease,
} from '../../../src/lease/index.ts';
import {
  type FluxController,
  type FluxControllers,
  fluxDefinitions,
  type KubeApiServer,
  startFluxControllers,
} from '../../real/index.ts';

const execute = promisify(execFile);

export const replacedControllers = [
  'source-controller',
  'kustomize-controller',
  'image-reflector-controller',
  'image-automation-controller',
] as const satisfies readonly FluxController[];

type Replaced = (typeof replacedControllers)[number] & ControllerName;

/** The files of `flux bootstrap` for a cluster whose path is `clusters/prod`, with the definitions and Deployments of a Flux of this version. */
export async function bootstrapFiles(url: string): Promise<Record<string, string>> {
  const definitions = await Promise.all(
    (await readdir(fluxDefinitions())).map(async (name) => parse(await readFile(join(fluxDefinitions(), name), 'utf8'))),
  );
  for (const { metadata } of definitions) metadata.labels = { ...metadata.labels, ...ofFlux };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system', labels: ofFlux } };
  const components = [namespace, ...definitions, ...replacedControllers.map(deployment)];
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'flux-system', namespace: 'flux-system' },
    spec: { interval: '2s', ref: { branch: 'main' }, url },
  };
  const sync = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'flux-system', namespace: 'flux-system' },
    spec: { interval: '10m', path: './clusters/prod', prune: true, sourceRef: { kind: 'GitRepository', name: 'flux-system' } },
  };
  const folder = 'clusters/prod/flux-system';
  return {
    [`${folder}/gotk-components.yaml`]: components.map((one) => stringify(one)).join('---\n'),
    [`${folder}/gotk-sync.yaml`]: `${stringify(source)}---\n${stringify(sync)}`,
    [`${folder}/kustomization.yaml`]:
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- gotk-components.yaml\n- gotk-sync.yaml\n',
  };
}

const ofFlux = {
  'app.kubernetes.io/instance': 'flux-system',
  'app.kubernetes.io/part-of': 'flux',
  'app.kubernetes.io/version': 'v2.9.5',
};

function deployment(name: string): object {
  const labels = { app: name };
  const container = {
    name: 'manager',
    image: `ghcr.io/fluxcd/${name}:v1`,
    args: ['--watch-all-namespaces=true', '--enable-leader-election'],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'flux-system', labels: { ...ofFlux, 'control-plane': 'controller' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}

/** Flux's controllers, each running while its Deployment has replicas and its Lease is held, as in its pod. */
export interface FluxInstallation extends AsyncDisposable {
  isRunning(controller: Replaced): boolean;
}

const everyMs = 300;

/** Takes the first steps of `flux bootstrap` with kubectl, then plays the pods of the Deployments: real controllers, real Leases. */
export async function startFluxInstallation(
  api: KubeApiServer,
  cluster: Cluster,
  kubectl: (...args: readonly string[]) => Promise<unknown>,
  folder: string,
): Promise<FluxInstallation> {
  await kubectl('apply', '--server-side', '--field-manager=flux', '-f', join(folder, 'gotk-components.yaml'));
  await kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '-l', 'app.kubernetes.io/part-of=flux');
  const pods = replacedControllers.map((controller) => new PlayedPod(api, cluster, controller));
  const stopping = new AbortController();
  const playing = Promise.all(pods.map((pod) => pod.play(stopping.signal)));
  await kubectl('apply', '--server-side', '--field-manager=flux', '-f', join(folder, 'gotk-sync.yaml'));
  return {
    isRunning: (controller) => pods.some((pod) => pod.controller === controller && pod.isRunning),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await playing;
    },
  };
}

class PlayedPod {
  readonly controller: Replaced;
  readonly #api: KubeApiServer;
  readonly #cluster: Cluster;
  readonly #identity = `flux_${randomUUID()}`;
  #process: FluxControllers | null = null;

  constructor(api: KubeApiServer, cluster: Cluster, controller: Replaced) {
    this.#api = api;
    this.#cluster = cluster;
    this.controller = controller;
  }

  get isRunning(): boolean {
    return this.#process !== null;
  }

  async play(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Whoever was outpaced looks again.
      await this.#step().catch(() => {});
      await new Promise((done) => setTimeout(done, everyMs));
    }
    await this.#end();
  }

  async #step(): Promise<void> {
    const wanted = await this.#isWanted();
    if (wanted && (await this.#claim()))
      this.#process ??= await startFluxControllers(this.#api, { controllers: [this.controller] });
    else await this.#end();
    if (!wanted) await this.#release();
  }

  async #isWanted(): Promise<boolean> {
    const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'flux-system', name: this.controller };
    const found = await this.#cluster.get(ref);
    return ((found?.['spec'] as { replicas?: number } | undefined)?.replicas ?? 0) > 0;
  }

  get #ref() {
    return leaseRef('flux-system', `${this.controller}-leader-election`);
  }

  /** As client-go: a Lease that somebody else renewed within its time is theirs. */
  async #claim(): Promise<boolean> {
    const found = await this.#cluster.get(this.#ref);
    const record = found === null ? null : parseLease(found);
    const isTheirs = record !== null && record.holder !== '' && record.holder !== this.#identity;
    if (isTheirs && Date.now() - Date.parse(record.renewTime) < record.durationMs) return false;
    const spec = renderLease(claimLease(record, this.#identity, 15_000, formatMicroTime(Date.now())));
    const { name, namespace = '' } = this.#ref;
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec };
    if (found === null) await this.#cluster.create(lease);
    else
      await this.#cluster.patch(
        this.#ref,
        { metadata: { resourceVersion: found.metadata.resourceVersion }, spec },
        { type: 'merge' },
      );
    return true;
  }

  async #release(): Promise<void> {
    const found = await this.#cluster.get(this.#ref);
    if (found === null || parseLease(found).holder !== this.#identity) return;
    const spec = renderLease(releaseLease(parseLease(found), formatMicroTime(Date.now())));
    await this.#cluster.patch(this.#ref, { spec }, { type: 'merge' });
  }

  async #end(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    await running?.[Symbol.asyncDispose]();
  }
}

/** `git am` of a mailbox in a checkout, and a push of each commit by itself. */
export async function applyMailbox(checkout: string, mailbox: string): Promise<string[]> {
  const git = (...args: readonly string[]) =>
    execute('git', ['-C', checkout, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args]);
  const before = (await git('rev-parse', 'HEAD')).stdout.trim();
  const am = git('am');
  am.child.stdin?.end(mailbox);
  await am;
  const { stdout } = await git('log', '--reverse', '--format=%H', `${before}..HEAD`);
  return stdout.split('\n').filter((line) => line !== '');
}
