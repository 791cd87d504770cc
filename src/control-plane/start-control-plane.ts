import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Clock, Log } from '../core/index.ts';
import { collectGarbage } from './controllers/collect-garbage.ts';
import { endNamespaces } from './controllers/end-namespaces.ts';
import { establishDefinitions } from './controllers/establish-definitions.ts';
import { expireEvents } from './controllers/expire-events.ts';
import { WorkQueue } from './controllers/work-queue.ts';
import { ensureBasics } from './ensure-basics.ts';
import { ControlPlaneError } from './error.ts';
import { acceptBoth, type DualListener } from './http/accept-both.ts';
import { createSelfSigned } from './http/certificate.ts';
import { RequestLog } from './http/request-log.ts';
import { createHttpServer } from './http/serve-http.ts';
import { KindRegistry } from './kinds/kind-registry.ts';
import { renderKubeconfig, writeKubeconfig } from './kubeconfig.ts';
import { ObjectApi } from './objects/object-api.ts';
import { ObjectTable } from './objects/object-table.ts';
import { openSqliteJournal } from './objects/sqlite-journal.ts';
import { type SimulatedImages, simulateWorkloads } from './workloads/simulate-workloads.ts';

export interface ControlPlaneOptions {
  /** Where objects and the kubeconfig are kept; without it, in memory. */
  readonly stateFolder?: string;
  /** Definitions that are there from the start; newer ones replace those of an earlier start. */
  readonly customResourceDefinitions?: readonly object[];
  readonly host?: '127.0.0.1';
  /** 0, or none, is a free one. */
  readonly port?: number;
  /** 128 random bits, if none is given. */
  readonly token?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Plays the controllers and nodes of a cluster: Deployments roll out, if their images can be pulled. */
  readonly simulateWorkloads?: SimulatedImages;
}

/** A Kubernetes API on loopback for whoever knows the token. */
export interface ControlPlane extends AsyncDisposable {
  /** Plain HTTP. The same port speaks HTTPS as well: kubectl and its kin send a token over nothing else. */
  readonly url: string;
  readonly token: string;
  /** PEM of the certificate that vouches for the HTTPS side; a new one each start. */
  readonly caPem: string;
  /** Names the HTTPS side. */
  readonly kubeconfigYaml: string;
  /** Only with a state folder. */
  readonly kubeconfigPath?: string;
  /** The newest requests, oldest first. */
  readonly requests: RequestLog;
  stop(): Promise<void>;
}

/** Starts the embedded Kubernetes API; afterwards it answers, with the basic namespaces and the given definitions in place. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { stateFolder, clock, log } = options;
  const journal = stateFolder === undefined ? null : openSqliteJournal(stateFolder);
  const report = (error: unknown) => log.error('control plane listener failed', { error: String(error) });
  const table =
    journal === null
      ? new ObjectTable(report)
      : new ObjectTable(report, journal, { version: journal.version, stored: journal.load() });
  const api = new ObjectApi(table, new KindRegistry(), clock);
  const stopping = new AbortController();
  const endControllers = startControllers(api, options);
  const token = options.token ?? randomBytes(16).toString('hex');
  const requests = new RequestLog(5000);
  const certificate = createSelfSigned(clock.now(), 3650);
  const listener = acceptBoth(createHttpServer({ api, token, requests, log, stopping: stopping.signal }), certificate);
  const stop = async () => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    endControllers();
    await listener.close();
    journal?.close();
  };
  try {
    const url = await listen(listener, options);
    const kubeconfigYaml = renderKubeconfig({ url: url.replace('http:', 'https:'), token, caPem: certificate.certificate });
    const kubeconfigPath = stateFolder === undefined ? undefined : await writeKubeconfig(stateFolder, kubeconfigYaml);
    log.info('control plane listens', { url });
    return {
      url,
      token,
      caPem: certificate.certificate,
      kubeconfigYaml,
      ...(kubeconfigPath !== undefined && { kubeconfigPath }),
      requests,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startControllers(
  api: ObjectApi,
  { log, simulateWorkloads: simulation, customResourceDefinitions = [] }: ControlPlaneOptions,
): () => void {
  const queue = new WorkQueue(log);
  const ends = [establishDefinitions(api, queue)];
  ensureBasics(api, customResourceDefinitions);
  ends.push(collectGarbage(api, queue), endNamespaces(api, queue), expireEvents(api));
  if (simulation !== undefined) ends.push(simulateWorkloads(api, simulation, log));
  return () => {
    queue.stop();
    for (const end of ends) end();
  };
}

async function listen({ sockets }: DualListener, { host = '127.0.0.1', port = 0 }: ControlPlaneOptions): Promise<string> {
  try {
    sockets.listen(port, host);
    await once(sockets, 'listening');
  } catch (cause) {
    const message = `listening on ${host}:${port} for the control plane failed: ${cause}; choose another port`;
    throw new ControlPlaneError('START_FAILED', message, { retry: 'never', cause });
  }
  const address = sockets.address() as AddressInfo;
  return `http://${host}:${address.port}`;
}
