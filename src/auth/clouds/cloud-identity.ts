import { awsCredentialsOf } from './aws-login.ts';
import { type AzureCredential, createAzureCredential, publicAuthority } from './azure-login.ts';
import type { CloudAccount, CloudEndpoints } from './cloud-account.ts';
import { loginAtGoogle } from './google-login.ts';

/** What the SDK of AWS signs requests with. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** One identity at the clouds, for their services other than registries. Each rejects where the cloud has no such identity. */
export interface CloudIdentity {
  /** Undefined: whatever the SDK finds around the bot. */
  aws(region: string): Promise<(() => Promise<AwsCredentials>) | undefined>;
  azure(): Promise<AzureCredential>;
  /** An access token for Google Cloud. */
  google(): Promise<string>;
}

/** The identity of a ServiceAccount by its annotations; without one that of the bot itself. */
export function createCloudIdentity(account?: CloudAccount, endpoints: CloudEndpoints = {}): CloudIdentity {
  const ask = { account, endpoints, proxy: undefined };
  return {
    aws: async (region) => (await awsCredentialsOf(region, ask)).credentials,
    azure: () => createAzureCredential(endpoints.azureAuthority ?? publicAuthority, ask),
    google: async () => (await loginAtGoogle(ask)).text,
  };
}
