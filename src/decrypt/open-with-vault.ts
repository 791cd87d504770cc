import type { Secret } from '../core/index.ts';
import type { KeyOpener } from './key-opener.ts';

export interface VaultOptions {
  /** The token for a server; a server that must not get one is refused by throwing. */
  readonly token: (address: string, signal: AbortSignal) => Promise<Secret>;
  readonly fetch: typeof globalThis.fetch;
}

/** Asks the transit engine of HashiCorp Vault, or of OpenBao. */
export function createVaultOpener({ token, fetch }: VaultOptions): KeyOpener<'hc_vault'> {
  return async ({ address, enginePath, keyName, encrypted }, signal) => {
    const url = new URL(`${trimSlashes(address)}/v1/${trimSlashes(enginePath)}/decrypt/${encodeURIComponent(keyName)}`);
    const answer = await askVault({
      url,
      token: (await token(address, signal)).reveal(),
      body: { ciphertext: encrypted },
      fetch,
      signal,
    });
    const plaintext = (answer as { data?: { plaintext?: unknown } }).data?.plaintext;
    if (typeof plaintext !== 'string') throw new TypeError('Vault answered without a plaintext');
    return Buffer.from(plaintext, 'base64');
  };
}

interface VaultAsk {
  readonly url: URL;
  readonly token?: string;
  readonly body: object;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
}

/** A POST to Vault's API. Rejects with its words where it refuses. */
export async function askVault({ url, token, body, fetch, signal }: VaultAsk): Promise<unknown> {
  const headers = {
    'content-type': 'application/json',
    'x-vault-request': 'true',
    ...(token === undefined ? {} : { 'x-vault-token': token }),
  };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
  const text = await response.text();
  if (!response.ok) throw new TypeError(`Vault answered ${response.status}${wordsOf(text)}`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new TypeError('Vault answered with something that is no JSON');
  }
}

/** `{"errors": ["permission denied"]}`; anything else it says is left out. */
function wordsOf(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    return Array.isArray(errors) && errors.length > 0 ? `: ${errors.join('; ').slice(0, 300)}` : '';
  } catch {
    return '';
  }
}

function trimSlashes(text: string): string {
  return text.replace(/^\/+|\/+$/g, '');
}
