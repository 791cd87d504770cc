import { isIP } from 'node:net';
import { createSecureContext, getCACertificates, rootCertificates, type SecureContext } from 'node:tls';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { type CheckAddress, createEgressLookup } from '../auth/index.ts';
import type { RegistryAccess } from '../core/index.ts';
import { tlsIdentityOf } from './call.ts';

export interface DispatcherOptions {
  readonly checkAddress: CheckAddress;
  /** Connections kept to one host. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** How long a server may be silent before its answer begins, and within it. */
  readonly silenceMs: number;
}

/** Kept-alive connections, apart for each TLS identity: what one certificate opened is not for others. */
export interface Dispatchers {
  /** Throws what OpenSSL says of certificates or keys that cannot be used. */
  of(tls: RegistryAccess['tls']): Dispatcher;
  close(): Promise<void>;
}

export function createDispatchers(options: DispatcherOptions): Dispatchers {
  const agents = new Map<string, Agent>();
  return {
    of: (tls) => {
      const identity = tlsIdentityOf(tls);
      const agent = agents.get(identity) ?? createAgent(tls, options);
      agents.set(identity, agent);
      return agent;
    },
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
      agents.clear();
    },
  };
}

function createAgent(tls: RegistryAccess['tls'], options: DispatcherOptions): Agent {
  const { checkAddress, connections, connectTimeoutMs, silenceMs } = options;
  const secureContext = tls === undefined ? undefined : createIdentity(tls);
  const connect = buildConnector({
    ...(secureContext && { secureContext }),
    lookup: createEgressLookup(checkAddress),
    timeout: connectTimeoutMs,
    allowH2: false,
  });
  return new Agent({
    connections,
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    connect: (target, callback) => {
      // An address written in the URL is connected to without a lookup.
      const literal = target.hostname.replace(/^\[|\]$/g, '');
      try {
        if (isIP(literal) !== 0) checkAddress(literal, literal);
      } catch (error) {
        return callback(error instanceof Error ? error : new Error(String(error)), null);
      }
      connect(target, callback);
    },
  });
}

/** Made once for all connections: reading the system's authorities again for each would cost more than the handshake. */
function createIdentity({ ca, certificate, key }: NonNullable<RegistryAccess['tls']>): SecureContext {
  return createSecureContext({
    ...(ca !== undefined && { ca: [...systemAuthorities(), ca] }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key: key.reveal() }),
  });
}

/** What Node trusts by default, NODE_EXTRA_CA_CERTS included. Node before 22.15 tells only what it came with. */
function systemAuthorities(): readonly string[] {
  return typeof getCACertificates === 'function' ? getCACertificates('default') : rootCertificates;
}
