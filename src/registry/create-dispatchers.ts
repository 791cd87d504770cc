import { isIP } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { type CheckAddress, createEgressLookup } from '../auth/index.ts';
import type { RegistryAccess } from '../core/index.ts';
import { accessIdentityOf } from './call.ts';
import { createProxyDispatcher } from './proxy-dispatcher.ts';
import { createTlsContext } from './tls-context.ts';

export interface DispatcherOptions {
  readonly checkAddress: CheckAddress;
  /** Connections kept to one host. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** How long a server may be silent before its answer begins, and within it. */
  readonly silenceMs: number;
}

/** Kept-alive connections, apart for each TLS identity and each proxy: what one certificate opened is not for others. */
export interface Dispatchers {
  /**
   * The connections for a URL. Throws what OpenSSL says of certificates or keys that cannot be used, and ADDRESS_FORBIDDEN for an
   * address written in the URL that is never spoken to.
   */
  of(access: Pick<RegistryAccess, 'tls' | 'proxy'>, url: URL): Dispatcher;
  close(): Promise<void>;
}

/** More identities than this are forgotten, longest unused first; their connections end when they are idle. */
const maxDispatchers = 500;

export function createDispatchers(options: DispatcherOptions): Dispatchers {
  const dispatchers = new Map<string, Dispatcher>();
  const find = (access: Pick<RegistryAccess, 'tls' | 'proxy'>): Dispatcher => {
    const identity = accessIdentityOf(access);
    const found = dispatchers.get(identity) ?? createDispatcher(access, options);
    dispatchers.delete(identity);
    dispatchers.set(identity, found);
    const [oldest] = dispatchers;
    if (dispatchers.size > maxDispatchers && oldest !== undefined) {
      dispatchers.delete(oldest[0]);
      void oldest[1].close();
    }
    return found;
  };
  return {
    of: (access, url) => {
      // An address written in the URL is connected to without a lookup, and a proxy looks up by itself.
      checkLiteral(url.hostname, options.checkAddress);
      return find(access);
    },
    close: async () => {
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
      dispatchers.clear();
    },
  };
}

function createDispatcher({ tls, proxy }: Pick<RegistryAccess, 'tls' | 'proxy'>, options: DispatcherOptions): Dispatcher {
  const { checkAddress, connections, connectTimeoutMs, silenceMs } = options;
  const secureContext = createTlsContext(tls);
  const lookup = createEgressLookup(checkAddress);
  if (proxy !== undefined) {
    checkLiteral(new URL(proxy.address).hostname, checkAddress);
    return createProxyDispatcher(proxy, { ...options, secureContext, lookup });
  }
  const connect = buildConnector({ ...(secureContext && { secureContext }), lookup, timeout: connectTimeoutMs, allowH2: false });
  return new Agent({ connections, headersTimeout: silenceMs, bodyTimeout: silenceMs, connect });
}

function checkLiteral(hostname: string, checkAddress: CheckAddress): void {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0) checkAddress(literal, literal);
}
