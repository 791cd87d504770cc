import { type CloudIdentity, loadSdk } from '../auth/index.ts';
import type { Secret } from '../core/index.ts';
import { createAzureCredential } from './azure-login.ts';
import type { KeyOpeners } from './key-opener.ts';
import { openDataKey } from './open-data-key.ts';
import { createAgeOpener } from './open-with-age.ts';
import { createAwsKmsOpener } from './open-with-aws-kms.ts';
import { createAzureKeyVaultOpener } from './open-with-azure-key-vault.ts';
import { createGcpKmsOpener } from './open-with-gcp-kms.ts';
import { createPgpOpener } from './open-with-pgp.ts';
import { createVaultOpener } from './open-with-vault.ts';
import type { DecryptionKeys, GoogleKey } from './read-decryption-keys.ts';
import { createSession, type DecryptionSession } from './session.ts';

/** How the manifests of one Kustomization are decrypted. */
export interface Decryption {
  /** Changes when other keys may be at hand; no key can be read from it. */
  readonly key: string;
  /** For one build. */
  open(signal: AbortSignal): DecryptionSession;
}

/** Where key services are, for those who have their own; what is absent is the cloud's. */
export interface KeyServiceEndpoints {
  readonly awsKms?: string;
  readonly awsSts?: string;
  readonly gcpKms?: string;
  /** Whether an Azure vault has to have a domain of Azure; by default it has. */
  readonly checkAzureDomain?: boolean;
}

export interface DecryptionOptions {
  readonly key: string;
  readonly keys: DecryptionKeys;
  /** Asked where the keys hold no credentials for a cloud. */
  readonly identity: CloudIdentity;
  /** A token for a Vault where the keys hold none. */
  readonly vaultLogin?: ((address: string, signal: AbortSignal) => Promise<Secret>) | undefined;
  /** Speaks to addresses that a repository names. */
  readonly fetch: typeof globalThis.fetch;
  readonly endpoints?: KeyServiceEndpoints | undefined;
}

/** Keys that are at hand and key services that can be asked, as one. */
export function createDecryption(options: DecryptionOptions): Decryption {
  const openers = openersOf(options);
  return { key: options.key, open: (signal) => createSession((metadata) => openDataKey(metadata, openers, signal)) };
}

function openersOf({ keys, identity, vaultLogin = noVaultToken, fetch, endpoints = {} }: DecryptionOptions): KeyOpeners {
  const { aws, azure, google, vaultToken } = keys;
  return {
    age: createAgeOpener(keys.ageIdentities),
    pgp: createPgpOpener(keys.pgpKeys),
    hc_vault: createVaultOpener({ token: vaultToken === undefined ? vaultLogin : async () => vaultToken, fetch }),
    kms: createAwsKmsOpener({
      credentials: aws === undefined ? identity.aws : async () => async () => aws,
      endpoints: { kms: endpoints.awsKms, sts: endpoints.awsSts },
    }),
    azure_kv: createAzureKeyVaultOpener({
      credential: azure === undefined ? identity.azure : () => createAzureCredential(azure),
      checkDomain: endpoints.checkAzureDomain,
    }),
    gcp_kms: createGcpKmsOpener({
      token: google === undefined ? identity.google : () => fetchGoogleToken(google),
      fetch,
      endpoint: endpoints.gcpKms,
    }),
  };
}

async function noVaultToken(): Promise<never> {
  throw new TypeError('there is no Vault token at hand');
}

async function fetchGoogleToken(credentials: GoogleKey): Promise<string> {
  const { GoogleAuth } = await loadSdk('google-auth-library', () => import('google-auth-library'));
  const auth = new GoogleAuth({ credentials, scopes: ['https://www.googleapis.com/auth/cloudkms'] });
  const token = await auth.getAccessToken();
  if (typeof token === 'string' && token !== '') return token;
  throw new TypeError('Google Cloud gave no access token for the key of the Secret');
}
