import { errorMessage, Secret } from '../core/index.ts';
import { AuthError } from './error.ts';
import type { ProxyAccess } from './proxy-from-secret.ts';
import type { IssuedToken } from './token-cache.ts';

/** Azure DevOps as Entra ID knows it, the same in every tenant. */
const scope = '499b84ac-1321-427f-aa17-267ca6975798/.default';

/**
 * Asks Entra ID for a token for Azure DevOps as the identity this process runs with: the workload identity of its pod, whose variables the
 * webhook sets, or else the node's managed identity. Throws LOGIN_FAILED with what it answered.
 */
export async function issueAzureDevOpsToken(proxy: ProxyAccess | undefined): Promise<IssuedToken> {
  const azure = await import('@azure/identity').catch((cause: unknown) => {
    throw new AuthError(
      'LOGIN_FAILED',
      "spec.provider azure needs the optional package '@azure/identity', which is not installed",
      { cause },
    );
  });
  const options = proxy === undefined ? {} : { proxyOptions: describeProxy(proxy) };
  try {
    const isWorkload = (process.env['AZURE_FEDERATED_TOKEN_FILE'] ?? '') !== '';
    const credential = isWorkload ? new azure.WorkloadIdentityCredential(options) : new azure.ManagedIdentityCredential(options);
    const { token, expiresOnTimestamp } = await credential.getToken(scope);
    return { token: new Secret(token), expiresAt: expiresOnTimestamp };
  } catch (cause) {
    const text = errorMessage(cause).split('\n')[0]?.slice(0, 500);
    throw new AuthError('LOGIN_FAILED', `getting a token for Azure DevOps: ${text}`, { cause });
  }
}

function describeProxy({ address, username, password }: ProxyAccess) {
  const url = new URL(address);
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  return {
    host: `${url.protocol}//${url.hostname}`,
    port,
    ...(username !== undefined && { username, password: password?.reveal() ?? '' }),
  };
}
