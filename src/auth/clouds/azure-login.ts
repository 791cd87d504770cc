import { type CloudAsk, type CloudToken, readAnnotation } from './cloud-account.ts';
import type { CloudHost } from './cloud-host.ts';
import { loadSdk } from './load-sdk.ts';

type AzureCloud = Extract<CloudHost, { provider: 'azure' }>['cloud'];

export const publicAuthority = 'https://login.microsoftonline.com';

/** Who gives the tokens of each cloud, and what they are for: a registry takes those of the resource manager. */
const clouds: Readonly<Record<AzureCloud, { readonly authority: string; readonly scope: string }>> = {
  public: { authority: publicAuthority, scope: 'https://management.azure.com/.default' },
  china: { authority: 'https://login.chinacloudapi.cn', scope: 'https://management.chinacloudapi.cn/.default' },
  government: { authority: 'https://login.microsoftonline.us', scope: 'https://management.usgovcloudapi.net/.default' },
  germany: { authority: 'https://login.microsoftonline.de', scope: 'https://management.microsoftazure.de/.default' },
};

/**
 * An access token of Entra ID, which the registry exchanges for its own: as the application that the ServiceAccount names
 * (`azure.workload.identity/client-id`, `tenant-id`), or as whatever the SDK finds around the bot.
 */
export async function loginAtAzure({ cloud }: { readonly cloud: AzureCloud }, ask: CloudAsk): Promise<CloudToken> {
  const { authority, scope } = clouds[cloud];
  const credential = await createAzureCredential(ask.endpoints.azureAuthority ?? authority, ask);
  const { token, expiresOnTimestamp } = await credential.getToken(scope);
  return { text: token, expiresAt: expiresOnTimestamp };
}

/** The part of the SDK's `TokenCredential` that is used. */
export interface AzureCredential {
  getToken(scopes: string | string[], options?: object): Promise<{ readonly token: string; readonly expiresOnTimestamp: number }>;
}

/** Who asks for tokens: the application of the ServiceAccount, or whatever the SDK finds around the bot. */
export async function createAzureCredential(
  authorityHost: string,
  { account, proxy, endpoints }: CloudAsk,
): Promise<AzureCredential> {
  const { ClientAssertionCredential, DefaultAzureCredential } = await loadSdk('@azure/identity', () => import('@azure/identity'));
  const options = {
    // The environment may name another authority; only a cloud other than the public one, or somebody's own, is told.
    ...(process.env['AZURE_AUTHORITY_HOST'] === undefined && { authorityHost }),
    ...(endpoints.azureAuthority !== undefined && { authorityHost, disableInstanceDiscovery: true }),
    ...(proxy !== undefined && { proxyOptions: proxyOptionsOf(proxy) }),
  };
  if (account === undefined) return new DefaultAzureCredential(options);
  const id = /^[0-9A-Fa-f-]{36}$/;
  const clientId = readAnnotation(account, 'azure.workload.identity/client-id', id);
  const tenantId = readAnnotation(account, 'azure.workload.identity/tenant-id', id);
  if (clientId === undefined || tenantId === undefined)
    throw new TypeError(
      `ServiceAccount ${account.namespace}/${account.name} needs the annotations azure.workload.identity/client-id and azure.workload.identity/tenant-id`,
    );
  return new ClientAssertionCredential(tenantId, clientId, () => account.createToken('api://AzureADTokenExchange'), options);
}

function proxyOptionsOf({ address, username, password }: NonNullable<CloudAsk['proxy']>) {
  const { protocol, hostname, port } = new URL(address);
  const login = { ...(username !== undefined && { username }), ...(password && { password: password.reveal() }) };
  return { host: `${protocol}//${hostname}`, port: Number(port || (protocol === 'https:' ? 443 : 80)), ...login };
}
