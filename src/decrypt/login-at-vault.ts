import { parse } from 'yaml';
import { Secret } from '../core/index.ts';
import { askVault } from './open-with-vault.ts';

export interface VaultLoginOptions {
  /** The text of the operator's `config.yaml`: which servers may be logged in at, and where. */
  readonly config: string;
  readonly account: { readonly namespace: string; readonly name: string; createToken(audience: string): Promise<string> };
  readonly fetch: typeof globalThis.fetch;
}

/**
 * Logs in at Vault with a token of a ServiceAccount, as the role `<namespace>_<name>`. Servers that the operator's configuration does not
 * list are refused: an address in a repository must not get a token of the cluster.
 */
export function createVaultLogin({
  config,
  account,
  fetch,
}: VaultLoginOptions): (address: string, signal: AbortSignal) => Promise<Secret> {
  return async (address, signal) => {
    const path = loginPathsOf(config).get(address);
    if (path === undefined || path === '') throw new TypeError(`no login path is configured for ${address}`);
    const jwt = await account.createToken(address);
    const url = new URL(`${address.replace(/\/+$/, '')}/v1/${path.replace(/^\/+/, '')}`);
    const role = `${account.namespace}_${account.name}`;
    const answer = (await askVault({ url, body: { role, jwt }, fetch, signal })) as { auth?: { client_token?: unknown } };
    const token = answer.auth?.client_token;
    if (typeof token === 'string' && token !== '') return new Secret(token);
    throw new TypeError(`Vault gave no token for the role ${role}`);
  };
}

function loginPathsOf(config: string): Map<string, string> {
  const { instances } = (parse(config, { uniqueKeys: false, prettyErrors: false, logLevel: 'error' }) ?? {}) as {
    instances?: unknown;
  };
  if (!Array.isArray(instances)) return new Map();
  const known = instances as ({ address?: unknown; loginPath?: unknown } | null)[];
  return new Map(known.map((instance) => [String(instance?.address), String(instance?.loginPath ?? '')]));
}
