import { type AzureCredential, loadSdk } from '../auth/index.ts';
import type { KeyOpener } from './key-opener.ts';

export interface AzureKeyVaultOptions {
  readonly credential: () => Promise<AzureCredential>;
  /** The SDK gives a token only to a vault whose domain is the one that the token is for; false where a test has no domain. */
  readonly checkDomain?: boolean | undefined;
}

/** Asks Azure Key Vault, by RSA-OAEP-256 as sops does. */
export function createAzureKeyVaultOpener({ credential, checkDomain = true }: AzureKeyVaultOptions): KeyOpener<'azure_kv'> {
  return async ({ vaultUrl, name, version, encrypted }, signal) => {
    const { CryptographyClient } = await loadSdk('@azure/keyvault-keys', () => import('@azure/keyvault-keys'));
    const id = new URL(`/keys/${encodeURIComponent(name)}/${encodeURIComponent(version)}`, vaultUrl);
    if (id.protocol !== 'https:') throw new TypeError('its vault_url is not https');
    const client = new CryptographyClient(id.href, await credential(), { disableChallengeResourceVerification: !checkDomain });
    const ciphertext = Buffer.from(encrypted, 'base64url');
    const { result } = await client.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext }, { abortSignal: signal });
    return result;
  };
}
