import type { SecureContext } from 'node:tls';
import { buildConnector, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici';
import type { Lookup } from '../auth/index.ts';
import type { RegistryAccess } from '../core/index.ts';
import { encodeBasic } from './call.ts';

export interface ProxyDispatcherOptions {
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly silenceMs: number;
  /** For the registry, and for a proxy that is spoken to over TLS. */
  readonly secureContext: SecureContext | undefined;
  /** How the proxy's own name becomes an address; the registry's name is the proxy's to look up. */
  readonly lookup: Lookup;
}

/** Connections through an http, https or socks5 proxy; https registries behind a tunnel, end to end. */
export function createProxyDispatcher(
  proxy: NonNullable<RegistryAccess['proxy']>,
  { connections, connectTimeoutMs, silenceMs, secureContext, lookup }: ProxyDispatcherOptions,
): Dispatcher {
  const { address, username, password } = proxy;
  const tls = { ...(secureContext && { secureContext }), timeout: connectTimeoutMs, allowH2: false };
  if (address.startsWith('socks5:')) {
    const connect = buildConnector({ lookup, timeout: connectTimeoutMs });
    const login = { ...(username !== undefined && { username }), ...(password && { password: password.reveal() }) };
    return new Socks5ProxyAgent(address, { connect, requestTls: tls, ...login });
  }
  const token = username === undefined ? undefined : `Basic ${encodeBasic(username, password?.reveal() ?? '')}`;
  return new ProxyAgent({
    uri: address,
    ...(token !== undefined && { token }),
    connections,
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    requestTls: tls,
    proxyTls: { ...tls, lookup },
  });
}
