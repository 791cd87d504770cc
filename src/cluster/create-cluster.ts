import type { CheckAddress } from '../auth/index.ts';
import {
  type ApiResource,
  type Clock,
  type Cluster,
  type GroupVersionKind,
  gvkOf,
  type Log,
  type WatchOptions,
} from '../core/index.ts';
import { createToken } from './create-token.ts';
import { createCredentials } from './credentials.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
import type { OnRequest } from './dispatch.ts';
import { ClusterError } from './error.ts';
import { loadInCluster, podEnvironment } from './in-cluster.ts';
import { type Connection, type KubeconfigSource, loadKubeconfig } from './kubeconfig.ts';
import { createPools } from './pools.ts';
import { getObject, isPathUnknown, listObjects } from './read-objects.ts';
import { createTransport, type Transport } from './transport.ts';
import { watchObjects } from './watch-objects.ts';
import { backoffMs, type WatchTimes, watchTimes } from './watch-times.ts';
import { applyObject, createObject, deleteObject, patchObject } from './write-objects.ts';

export interface ClusterOptions {
  readonly kubeconfig: KubeconfigSource | Connection;
  /** Default: the kubeconfig's current context. */
  readonly context?: string;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Deadline of each request but watches; default one minute, the server's own. */
  readonly requestTimeoutMs?: number;
  readonly watchTimes?: Partial<WatchTimes>;
  /** For an address that somebody else chose; absent = any may be spoken to. */
  readonly checkAddress?: CheckAddress;
  /** Told of each attempt of a request once its answer began. */
  readonly onRequest?: OnRequest;
}

/**
 * A Kubernetes API over kept-alive connections. Nothing is sent before the first call. Throws `KUBECONFIG_INVALID` or
 * `UNSUPPORTED` when the kubeconfig cannot be used; everything later is told by the calls themselves.
 */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const { clock, log } = options;
  const transport = openTransport(options);
  const discovery = createDiscovery(transport, clock);
  return createClient({ transport, discovery, clock, log, times: { ...watchTimes, ...options.watchTimes } });
}

/** The connections of a cluster alone, for what is no object: the log of a pod. */
export function openTransport(options: ClusterOptions): Transport {
  const { kubeconfig, clock, log, userAgent } = options;
  const connection = openConnection(kubeconfig, options.context);
  return createTransport({
    server: connection.server,
    pools: createPools(connection, options.checkAddress),
    credentials: createCredentials(connection, clock),
    userAgent,
    clock,
    log,
    requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
    ...(options.onRequest === undefined ? {} : { onRequest: options.onRequest }),
    ...(connection.user.impersonateUser === undefined ? {} : { impersonateUser: connection.user.impersonateUser }),
  });
}

function openConnection(source: ClusterOptions['kubeconfig'], context: string | undefined): Connection {
  if (source === 'in-cluster') return loadInCluster(podEnvironment());
  return 'server' in source ? source : loadKubeconfig(source, context);
}

interface ClientParts {
  readonly transport: Transport;
  /** Of the root identity, for everybody: what a server serves does not depend on who asks. */
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly log: Log;
  readonly times: WatchTimes;
}

function createClient(parts: ClientParts): Cluster {
  const { transport, discovery } = parts;
  const withResource = async <Answer>(
    kind: GroupVersionKind,
    use: (resource: ApiResource) => Promise<Answer>,
  ): Promise<Answer> => {
    const resource = await discovery.require(kind);
    try {
      return await use(resource);
    } catch (error) {
      if (error instanceof ClusterError && isPathUnknown(error)) discovery.forget(kind); // a definition was deleted or renamed
      throw error;
    }
  };
  return {
    server: transport.server,
    resource: (kind) => discovery.find(kind),
    get: (ref, signal) => withResource(ref, (resource) => getObject(transport, resource, ref, signal)),
    list: (kind, options = {}) => withResource(kind, (resource) => listObjects(transport, resource, options)),
    watch: (kind, options, observer) =>
      watchFromStart(
        parts,
        kind,
        () => withResource(kind, (resource) => watchObjects(parts, resource, options, observer)),
        options,
      ),
    create: (object, options = {}) =>
      withResource(gvkOf(object), (resource) => createObject(transport, resource, object, options)),
    apply: (object, options) => withResource(gvkOf(object), (resource) => applyObject(transport, resource, object, options)),
    patch: (ref, body, options) => withResource(ref, (resource) => patchObject(transport, resource, ref, { body, options })),
    delete: (ref, options = {}) => withResource(ref, (resource) => deleteObject(transport, resource, ref, options)),
    createToken: (account, options) => createToken(transport, account, options),
    impersonate: (user) => createClient({ ...parts, transport: impersonating(transport, user) }),
    close: () => transport.close(),
  };
}

// Discovery may fail while the server is still starting; a watch outlives that like any other interruption.
async function watchFromStart(
  parts: ClientParts,
  kind: GroupVersionKind,
  watch: () => Promise<void>,
  { signal, onInterrupted }: WatchOptions,
): Promise<void> {
  const transient = new Set([
    'UNREACHABLE',
    'TIMEOUT',
    'SERVER_ERROR',
    'TOO_MANY_REQUESTS',
    'UNAUTHORIZED',
    'CREDENTIALS_UNAVAILABLE',
  ]);
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      return await watch();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ClusterError) || !transient.has(error.code)) throw error;
      onInterrupted?.(error);
      parts.log.debug('a watch cannot start yet', { kind: kind.kind, group: kind.group, error: error.message });
      await parts.clock.sleep(backoffMs(parts.times, failures), signal).catch(() => {});
    }
  }
}

// Connections are shared, so closing one identity's view must not end the others'.
function impersonating(transport: Transport, user: string): Transport {
  return {
    server: transport.server,
    send: (request) => transport.send({ ...request, impersonateUser: user }),
    stream: (request, idleMs) => transport.stream({ ...request, impersonateUser: user }, idleMs),
    close: async () => {},
  };
}
