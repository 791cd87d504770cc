import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { CheckAddress } from '../auth/index.ts';
import { defaultPort } from './remote-url.ts';

/**
 * The addresses of a remote that may be spoken to, as the value of git's `http.curloptResolve`: git then connects to what was checked, whatever
 * the name leads to a moment later. Null where the name cannot be resolved here (a proxy may know it). Throws ADDRESS_FORBIDDEN.
 */
export async function resolveRemote(url: URL, check: CheckAddress): Promise<string | null> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) {
    check(host, host);
    return null;
  }
  const found = await lookup(host, { all: true }).catch(() => []);
  for (const { address } of found) check(host, address);
  if (found.length === 0) return null;
  const addresses = found.map(({ address, family }) => (family === 6 ? `[${address}]` : address));
  return `${host}:${url.port || defaultPort(url)}:${addresses.join(',')}`;
}
