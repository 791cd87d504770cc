import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { type CheckAddress, createEgressLookup } from '../auth/index.ts';
import { ClusterError } from './error.ts';
import type { Connection } from './kubeconfig.ts';

export type ClientCertificate = { readonly cert: string; readonly key: string };

/** A stream holds its connection for minutes; requests must not wait behind those, nor open without end. */
export type PoolUse = 'requests' | 'streams';

/** Kept-alive connections to one server, for the client certificate in use (an exec plugin may rotate it). */
export interface Pools {
  for(certificate: ClientCertificate | undefined, use: PoolUse): Dispatcher;
  close(): Promise<void>;
}

/** How many requests are under way at once; more wait their turn. */
const maxRequests = 64;

type Generation = { readonly key: string } & Readonly<Record<PoolUse, Dispatcher>>;

/** Pools for a connection. The authority and the server name are checked on every connection they open. */
export function createPools(connection: Connection, checkAddress?: CheckAddress): Pools {
  let current: Generation | null = null;
  const retired = new Set<Dispatcher>();
  // Requests under way end on the old connections; nothing new starts there.
  const retire = (dispatcher: Dispatcher) => {
    retired.add(dispatcher);
    void dispatcher.close().finally(() => retired.delete(dispatcher));
  };
  return {
    for(certificate, use) {
      const key = fingerprint(certificate);
      if (current?.key === key) return current[use];
      if (current !== null) for (const old of [current.requests, current.streams]) retire(old);
      current = {
        key,
        requests: createDispatcher(connection, certificate, { connections: maxRequests, checkAddress }),
        streams: createDispatcher(connection, certificate, { connections: null, checkAddress }),
      };
      return current[use];
    },
    async close() {
      const all = [...retired, ...(current === null ? [] : [current.requests, current.streams])];
      current = null;
      await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
    },
  };
}

function fingerprint(certificate: ClientCertificate | undefined): string {
  return certificate === undefined ? '' : createHash('sha256').update(certificate.cert).update(certificate.key).digest('hex');
}

function createDispatcher(
  connection: Connection,
  certificate: ClientCertificate | undefined,
  { connections, checkAddress }: { readonly connections: number | null; readonly checkAddress: CheckAddress | undefined },
): Dispatcher {
  const lookup = checkAddress === undefined ? {} : { lookup: createEgressLookup(checkAddress) };
  for (const url of [connection.server, connection.proxyUrl]) if (url !== undefined) checkLiteral(url, checkAddress);
  const tls = {
    ...(connection.ca === undefined ? {} : { ca: connection.ca }),
    ...(certificate ?? {}),
    ...(connection.tlsServerName === undefined ? {} : { servername: connection.tlsServerName }),
    ...(connection.skipTlsVerify ? { rejectUnauthorized: false } : {}),
  };
  // HTTP/1.1, one request a connection at a time: a slow answer holds up nobody.
  const options = { allowH2: false, pipelining: 1, keepAliveTimeout: 30_000, connections };
  if (connection.proxyUrl === undefined)
    return new Agent({
      ...options,
      connect: { ...tls, ...lookup, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000 },
    });
  if (!/^https?:/.test(connection.proxyUrl))
    throw new ClusterError('UNSUPPORTED', 'the kubeconfig names a proxy that is not http or https', { retry: 'never' });
  return new ProxyAgent({ ...options, uri: connection.proxyUrl, requestTls: tls, proxyTls: lookup, proxyTunnel: true });
}

/** An address that stands in a URL is connected to without a lookup. */
function checkLiteral(url: string, checkAddress: CheckAddress | undefined): void {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) checkAddress?.(host, host);
}
