import { isIP } from 'node:net';
import type { Secret } from '../core/index.ts';
import { type CheckAddress, createEgressLookup } from './egress.ts';
import type { ProxyAccess } from './proxy-from-secret.ts';

/** How an address that somebody else chose is reached. */
export interface TenantRoute {
  readonly checkAddress: CheckAddress;
  /** PEM text of the authority to trust instead of the system's. */
  readonly ca?: string;
  /** PEM texts of who we are in the handshake. */
  readonly certificate?: string;
  readonly key?: Secret;
  readonly proxy?: ProxyAccess;
  /** The longest answer; default 1 MiB. */
  readonly maxBytes?: number;
}

/** Answers larger than this are of no API that is asked here. */
const longestApiBytes = 1_048_576;
const timeoutMs = 30_000;

/** A `fetch` that goes this way, follows no redirect and ends after half a minute. */
export async function createTenantFetch(route: TenantRoute): Promise<typeof globalThis.fetch> {
  const undici = await import('undici');
  const dispatcher = createDispatcher(undici, route);
  return async (input, init) => {
    const url = new URL(typeof input === 'string' || input instanceof URL ? input : input.url);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (route.proxy === undefined && isIP(host) !== 0) route.checkAddress(host, host); // never looked up
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(init?.signal ? [init.signal] : [])]);
    const request = { ...init, dispatcher, signal, redirect: 'manual' } as Parameters<typeof undici.fetch>[1];
    return (await undici.fetch(url, request)) as unknown as Response;
  };
}

function createDispatcher(undici: typeof import('undici'), route: TenantRoute) {
  const { checkAddress, ca, certificate, key, proxy, maxBytes = longestApiBytes } = route;
  const own = certificate === undefined || key === undefined ? {} : { cert: certificate, key: key.reveal() };
  const tls = { ...(ca === undefined ? {} : { ca }), ...own };
  const limits = { maxResponseSize: maxBytes };
  if (proxy === undefined) return new undici.Agent({ ...limits, connect: { ...tls, lookup: createEgressLookup(checkAddress) } });
  const { address, username, password } = proxy;
  if (address.startsWith('socks5:'))
    return new undici.Socks5ProxyAgent(address, {
      requestTls: tls,
      ...(username !== undefined && { username, password: password?.reveal() ?? '' }),
    });
  const login = username === undefined ? null : Buffer.from(`${username}:${password?.reveal() ?? ''}`).toString('base64');
  return new undici.ProxyAgent({ ...limits, uri: address, requestTls: tls, ...(login !== null && { token: `Basic ${login}` }) });
}
