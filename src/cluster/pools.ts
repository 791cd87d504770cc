import { createHash } from 'node:crypto';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { ClusterError } from './error.ts';
import type { Connection } from './kubeconfig.ts';

export type ClientCertificate = { readonly cert: string; readonly key: string };

/** Kept-alive connections to one server: a pool for each client certificate in use (an exec plugin may rotate it). */
export interface Pools {
  for(certificate: ClientCertificate | undefined): Dispatcher;
  close(): Promise<void>;
}

/** Pools for a connection. The authority and the server name are checked on every connection they open. */
export function createPools(connection: Connection): Pools {
  let current: { readonly key: string; readonly dispatcher: Dispatcher } | null = null;
  const retired = new Set<Dispatcher>();
  return {
    for(certificate) {
      const key =
        certificate === undefined ? '' : createHash('sha256').update(certificate.cert).update(certificate.key).digest('hex');
      if (current?.key === key) return current.dispatcher;
      if (current !== null) retire(current.dispatcher);
      current = { key, dispatcher: createDispatcher(connection, certificate) };
      return current.dispatcher;
    },
    async close() {
      const all = [...retired, ...(current === null ? [] : [current.dispatcher])];
      current = null;
      await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
    },
  };

  // Requests under way end on the old connections; nothing new starts there.
  function retire(dispatcher: Dispatcher): void {
    retired.add(dispatcher);
    void dispatcher.close().finally(() => retired.delete(dispatcher));
  }
}

function createDispatcher(connection: Connection, certificate: ClientCertificate | undefined): Dispatcher {
  const tls = {
    ...(connection.ca === undefined ? {} : { ca: connection.ca }),
    ...(certificate ?? {}),
    ...(connection.tlsServerName === undefined ? {} : { servername: connection.tlsServerName }),
    ...(connection.skipTlsVerify ? { rejectUnauthorized: false } : {}),
  };
  // HTTP/1.1 with as many connections as there are requests: a watch keeps one each, and a slow answer holds up nobody.
  const options = { allowH2: false, pipelining: 1, keepAliveTimeout: 30_000 };
  if (connection.proxyUrl === undefined)
    return new Agent({ ...options, connect: { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000 } });
  if (!/^https?:/.test(connection.proxyUrl))
    throw new ClusterError('UNSUPPORTED', 'the kubeconfig names a proxy that is not http or https', { retry: 'never' });
  return new ProxyAgent({ ...options, uri: connection.proxyUrl, requestTls: tls, proxyTunnel: true });
}
