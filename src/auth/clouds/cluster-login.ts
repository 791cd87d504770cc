import { type AccountToken, errorMessage, type Instant } from '../../core/index.ts';
import { AuthError } from '../error.ts';
import { awsScope, awsTime, signAwsRequest } from './aws-signature.ts';
import type { CloudAccount, CloudEndpoints } from './cloud-account.ts';
import { type AwsCredentials, createCloudIdentity } from './cloud-identity.ts';
import type { CloudProvider } from './create-cloud-logins.ts';

export interface ClusterLoginRequest {
  readonly provider: CloudProvider;
  /** What the cloud calls the cluster; for EKS its ARN, whose region and name are signed. */
  readonly cluster: string;
  readonly account: CloudAccount;
  readonly now: Instant;
  readonly endpoints?: CloudEndpoints;
}

/** The server of AKS as Entra ID knows it, the same in every tenant. */
const aksServer = '6dae42f8-4368-4678-94ff-3960e28e3630/.default';
const minuteMs = 60_000;

/**
 * A token for a managed cluster (EKS, AKS, GKE) of the identity that a ServiceAccount has at the cloud. Throws LOGIN_FAILED, and
 * SDK_MISSING.
 */
export async function issueClusterToken(request: ClusterLoginRequest): Promise<AccountToken> {
  const { provider, account } = request;
  try {
    return await issueAt(request);
  } catch (cause) {
    if (cause instanceof AuthError) throw cause;
    const said = errorMessage(cause).split('\n')[0]?.slice(0, 500);
    const message = `logging in at a cluster by provider ${provider} as ServiceAccount ${account.namespace}/${account.name}: ${said}`;
    throw new AuthError('LOGIN_FAILED', message, { cause });
  }
}

async function issueAt({ provider, cluster, account, now, endpoints }: ClusterLoginRequest): Promise<AccountToken> {
  const identity = createCloudIdentity(account, endpoints);
  if (provider === 'azure') {
    const { token, expiresOnTimestamp } = await (await identity.azure()).getToken(aksServer);
    return { token, expiresAt: expiresOnTimestamp };
  }
  // How long Google's lasts is not told; half an hour is half of what they are given.
  if (provider === 'gcp') return { token: await identity.google(), expiresAt: now + 30 * minuteMs };
  const { region, name } = parseEksArn(cluster);
  const credentials = await identity.aws(region);
  if (credentials === undefined) throw new TypeError('the account has no role');
  return signForEks({ region, name }, await credentials(), now);
}

/** What is in an EKS cluster's ARN. */
export interface EksCluster {
  readonly region: string;
  readonly name: string;
}

/** Throws where the text is no ARN of a cluster. */
export function parseEksArn(text: string): EksCluster {
  const [, region, name] = /^arn:aws[a-z-]*:eks:([a-z0-9-]+):[0-9]{12}:cluster\/([A-Za-z0-9][\w-]{0,99})$/.exec(text) ?? [];
  if (region !== undefined && name !== undefined) return { region, name };
  throw new TypeError('cluster has to be its ARN, arn:aws:eks:REGION:ACCOUNT:cluster/NAME');
}

/** STS' GetCallerIdentity for this cluster alone, signed in the query (Signature Version 4): EKS asks it who we are, for 15 minutes. */
export function signForEks({ region, name }: EksCluster, credentials: AwsCredentials, now: Instant): AccountToken {
  const host = `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const scope = { region, service: 'sts', now };
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const fields: Record<string, string> = {
    Action: 'GetCallerIdentity',
    Version: '2011-06-15',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKeyId}/${awsScope(scope)}`,
    'X-Amz-Date': awsTime(now),
    'X-Amz-Expires': '60',
    ...(sessionToken !== undefined && { 'X-Amz-Security-Token': sessionToken }),
    'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
  };
  const query = Object.entries(fields)
    .map(([field, value]) => `${field}=${encode(value)}`)
    .join('&');
  const request = { method: 'GET', host, path: '/', query, headers: { host, 'x-k8s-aws-id': name } } as const;
  const url = `https://${host}/?${query}&X-Amz-Signature=${signAwsRequest(request, scope, secretAccessKey)}`;
  return { token: `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`, expiresAt: now + 14 * minuteMs };
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
