import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createApp } from '../../../src/app/index.ts';
import { createCluster } from '../../../src/cluster/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../../../src/core/index.ts';
import {
  installFluxDefinitions,
  type KubeApiServer,
  startFluxControllers,
  startKubeApiServer,
  waitUntil,
} from '../../real/index.ts';

export type Side = 'flux' | 'tagalong';

/** One event as somebody reads it: on the API, or as it was sent on. */
export interface ToldEvent {
  readonly of: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly by: string;
}

/** An API server whose sources and Kustomizations are served by one of the two, with what each tells. */
export interface EventScene extends AsyncDisposable {
  readonly cluster: Cluster;
  /** On the API. */
  told(of: string): Promise<ToldEvent[]>;
  /** Sent on to `--events-addr`. */
  sent(of: string): ToldEvent[];
}

export async function startEventScene(side: Side, stateFolder: string): Promise<EventScene> {
  await using starting = new AsyncDisposableStack();
  const api = starting.use(await startKubeApiServer());
  installFluxDefinitions(api);
  const connect = async () => {
    const shared = { userAgent: 'test', clock: systemClock, log: silentLog };
    const cluster = await createCluster({ kubeconfig: { yaml: api.kubeconfigYaml }, ...shared });
    starting.defer(() => cluster.close());
    return cluster;
  };
  const cluster = await connect();
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } };
  await cluster.apply(namespace, { fieldManager: 'test', force: true });
  const receiver = await startReceiver(starting);
  if (side === 'flux') await serveFlux(api, receiver.address, starting);
  else await serveOurs(await connect(), stateFolder, receiver.address, starting);
  const parts = starting.move();
  return {
    cluster,
    sent: (of) => receiver.events.filter((event) => event.of === of),
    told: async (of) => (await listEvents(cluster)).filter((event) => event.of === of),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function serveFlux(api: KubeApiServer, address: string, owner: AsyncDisposableStack): Promise<void> {
  const flags = [`--events-addr=${address}`];
  const controllers = ['source-controller', 'kustomize-controller'] as const;
  owner.use(
    await startFluxControllers(api, {
      controllers,
      flags: { 'source-controller': flags, 'kustomize-controller': flags },
    }),
  );
}

async function serveOurs(home: Cluster, stateFolder: string, address: string, owner: AsyncDisposableStack): Promise<void> {
  const app = await createApp({
    ...{ home, target: home, clock: systemClock, log: silentLog, stateFolder, eventsAddress: address },
    ...{ controllers: ['source', 'kustomize'], artifacts: { host: '127.0.0.1', port: 0 }, allowLoopback: true },
  });
  owner.defer(() => app.stop());
  await app.start();
}

async function startReceiver(owner: AsyncDisposableStack): Promise<{ address: string; events: ToldEvent[] }> {
  const events: ToldEvent[] = [];
  const server = createServer(async (request, response) => {
    const { involvedObject, severity, reason, message, metadata, reportingController } = (await json(request)) as SentEvent;
    const of = `${involvedObject.kind}/${involvedObject.name}`;
    events.push({ of, type: severity, reason, message, metadata: metadata ?? {}, by: reportingController });
    response.end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  owner.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, events };
}

interface SentEvent {
  readonly involvedObject: { readonly kind: string; readonly name: string };
  readonly severity: string;
  readonly reason: string;
  readonly message: string;
  readonly metadata?: Record<string, string>;
  readonly reportingController: string;
}

async function listEvents(cluster: Cluster): Promise<ToldEvent[]> {
  const { items } = await cluster.list({ group: '', version: 'v1', kind: 'Event' }, { namespace: 'default' });
  const ordered = items.toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
  return ordered.map((event) => {
    const { kind, name } = event['involvedObject'] as { kind: string; name: string };
    return {
      of: `${kind}/${name}`,
      type: String(event['type']),
      reason: String(event['reason']),
      message: String(event['message']),
      metadata: event.metadata.annotations ?? {},
      by: (event['source'] as { component: string }).component,
    };
  });
}

function timeOf(event: KubeObject): string {
  return `${event['firstTimestamp']} ${event.metadata.resourceVersion?.padStart(12, '0')}`;
}

interface Standing {
  readonly observedGeneration?: number;
  readonly lastHandledReconcileAt?: string;
  readonly artifact?: { readonly revision: string; readonly digest: string };
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
}

/** Waits until an object was looked at in its present form and says what is wanted. */
export async function untilSays(
  { cluster }: EventScene,
  ref: Parameters<Cluster['get']>[0],
  wanted: { readonly ready: 'True' | 'False'; readonly token?: string; readonly holds?: (status: Standing) => boolean },
): Promise<void> {
  await waitUntil(
    `${ref.kind} ${ref.name} to say Ready=${wanted.ready}`,
    async () => {
      const found = await cluster.get(ref);
      const status = (found?.['status'] ?? {}) as Standing;
      const ready = status.conditions?.find(({ type }) => type === 'Ready');
      if (wanted.ready === 'True' && status.observedGeneration !== found?.metadata.generation) return false;
      if (wanted.token !== undefined && status.lastHandledReconcileAt !== wanted.token) return false;
      return ready?.status === wanted.ready && (wanted.holds?.(status) ?? true);
    },
    { timeoutMs: 60_000 },
  );
}
