import { errorMessage, type Instant, Secret } from '../core/index.ts';
import { awsCredentialsOf } from './clouds/aws-login.ts';
import { awsTime, signCanonical } from './clouds/aws-signature.ts';
import { createAzureCredential, publicAuthority } from './clouds/azure-login.ts';
import type { CloudAsk } from './clouds/cloud-account.ts';
import type { AwsCredentials } from './clouds/cloud-identity.ts';
import { loadSdk } from './clouds/load-sdk.ts';
import { AuthError } from './error.ts';
import type { IssuedToken } from './token-cache.ts';

/** Azure DevOps as Entra ID knows it, the same in every tenant. */
const azureDevOps = '499b84ac-1321-427f-aa17-267ca6975798/.default';

/** A token for Azure DevOps, of the application of a ServiceAccount or of the identity around the bot. Throws LOGIN_FAILED. */
export async function issueAzureDevOpsToken(ask: CloudAsk): Promise<IssuedToken> {
  try {
    const credential = await createAzureCredential(ask.endpoints.azureAuthority ?? publicAuthority, ask);
    const { token, expiresOnTimestamp } = await credential.getToken(azureDevOps);
    return { token: new Secret(token), expiresAt: expiresOnTimestamp };
  } catch (cause) {
    throw refused('getting a token for Azure DevOps', cause);
  }
}

/** A login at CodeCommit. */
export interface CodeCommitLogin extends IssuedToken {
  readonly username: string;
}

/** CodeCommit takes a signature for a quarter of an hour. */
const signatureLastsMs = 15 * 60_000;

/** A user name and password for one repository of CodeCommit, signed with the credentials of AWS. Throws LOGIN_FAILED. */
export async function signForCodeCommit(url: URL, ask: CloudAsk, now: Instant): Promise<CodeCommitLogin> {
  const region = /^git-codecommit(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(url.hostname)?.[1];
  if (region === undefined)
    throw refused('logging in at CodeCommit', `'${url.host}' is none of its hosts, git-codecommit.REGION.amazonaws.com`);
  try {
    const own = (await awsCredentialsOf(region, ask)).credentials ?? (await findAwsCredentials());
    return describeLogin(url, region, await own(), now);
  } catch (cause) {
    throw refused('logging in at CodeCommit', cause);
  }
}

async function findAwsCredentials(): Promise<() => Promise<AwsCredentials>> {
  const { fromNodeProviderChain } = await loadSdk('@aws-sdk/credential-providers', () => import('@aws-sdk/credential-providers'));
  return fromNodeProviderChain();
}

/** AWS' Signature Version 4 of a request with the method GIT, as its own git helper makes it. */
export function describeLogin(url: URL, region: string, credentials: AwsCredentials, now: Instant): CodeCommitLogin {
  const scope = { region, service: 'codecommit', now };
  const time = awsTime(now).replace('Z', '');
  const request = `GIT\n${url.pathname}\n\nhost:${url.hostname}\n\nhost\n`;
  const signature = signCanonical(request, time, scope, credentials.secretAccessKey);
  const { accessKeyId, sessionToken } = credentials;
  return {
    username: sessionToken === undefined ? accessKeyId : `${accessKeyId}%${sessionToken}`,
    token: new Secret(`${time}Z${signature}`),
    expiresAt: now + signatureLastsMs,
  };
}

function refused(attempt: string, cause: unknown): AuthError {
  if (cause instanceof AuthError) return cause;
  const text = errorMessage(cause).split('\n')[0]?.slice(0, 500);
  return new AuthError('LOGIN_FAILED', `${attempt}: ${text}`, { cause });
}
