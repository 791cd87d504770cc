import { parse } from 'yaml';
import { errorMessage, type Instant } from '../../core/index.ts';
import { AuthError } from '../error.ts';
import { signedHeaders } from './aws-signature.ts';
import type { CloudAccount, CloudEndpoints } from './cloud-account.ts';
import { createCloudIdentity } from './cloud-identity.ts';
import { parseEksArn } from './cluster-login.ts';
import type { CloudProvider } from './create-cloud-logins.ts';

export interface ClusterSearch {
  readonly provider: CloudProvider;
  /** What the cloud calls it: the ARN (EKS), the resource id (AKS), `projects/…/locations/…/clusters/…` (GKE). */
  readonly cluster: string;
  readonly account: CloudAccount;
  readonly now: Instant;
  readonly endpoints?: CloudEndpoints;
}

/** Where the API of a managed cluster is, and who signed its certificate. */
export interface ManagedCluster {
  readonly server: string;
  /** PEM. */
  readonly ca: string | null;
}

const timeoutMs = 30_000;

/**
 * Asks EKS (DescribeCluster), AKS (listClusterUserCredential) or GKE (clusters.get) where a cluster is, with the identity that a
 * ServiceAccount has at the cloud. Throws CLUSTER_UNKNOWN, and SDK_MISSING.
 */
export async function findManagedCluster(search: ClusterSearch): Promise<ManagedCluster> {
  const { provider, cluster, account } = search;
  try {
    return checked(await finders[provider](search));
  } catch (cause) {
    if (cause instanceof AuthError) throw cause;
    const said = errorMessage(cause).split('\n')[0]?.slice(0, 500);
    const as = `ServiceAccount ${account.namespace}/${account.name}`;
    throw new AuthError('CLUSTER_UNKNOWN', `looking up cluster '${cluster}' at ${provider} as ${as}: ${said}`, { cause });
  }
}

const finders: Readonly<Record<CloudProvider, (search: ClusterSearch) => Promise<ManagedCluster>>> = {
  aws: findAtEks,
  azure: findAtAks,
  gcp: findAtGke,
};

async function findAtEks({ cluster, account, now, endpoints = {} }: ClusterSearch): Promise<ManagedCluster> {
  const { region, name } = parseEksArn(cluster);
  const credentials = await createCloudIdentity(account, endpoints).aws(region);
  if (credentials === undefined) throw new TypeError('the account has no role');
  const origin = endpoints.eks ?? `https://eks.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const path = `/clusters/${name}`;
  const request = { host: new URL(origin).host, path };
  const headers = signedHeaders(request, await credentials(), { region, service: 'eks', now });
  const answer = await askJson(`${origin}${path}`, { headers });
  const found = (answer['cluster'] ?? {}) as { endpoint?: string; certificateAuthority?: { data?: string } };
  return { server: found.endpoint ?? '', ca: decoded(found.certificateAuthority?.data) };
}

const gkeName = /^projects\/[a-z0-9.:-]{1,100}\/locations\/[a-z0-9-]{1,63}\/clusters\/[a-z0-9-]{1,63}$/;

async function findAtGke({ cluster, account, endpoints = {} }: ClusterSearch): Promise<ManagedCluster> {
  if (!gkeName.test(cluster)) throw new TypeError('cluster has to be projects/PROJECT/locations/LOCATION/clusters/NAME');
  const token = await createCloudIdentity(account, endpoints).google();
  const origin = endpoints.googleContainer ?? 'https://container.googleapis.com';
  const answer = await askJson(`${origin}/v1/${cluster}`, { headers: { authorization: `Bearer ${token}` } });
  const { endpoint = '', masterAuth } = answer as { endpoint?: string; masterAuth?: { clusterCaCertificate?: string } };
  return { server: endpoint === '' ? '' : `https://${endpoint}`, ca: decoded(masterAuth?.clusterCaCertificate) };
}

const aksId =
  /^\/subscriptions\/[0-9A-Fa-f-]{36}\/resourceGroups\/[\w.()-]{1,90}\/providers\/Microsoft\.ContainerService\/managedClusters\/[A-Za-z0-9][\w-]{0,62}$/i;
const aksVersion = '2025-05-01';

async function findAtAks({ cluster, account, endpoints = {} }: ClusterSearch): Promise<ManagedCluster> {
  if (!aksId.test(cluster))
    throw new TypeError(
      'cluster has to be /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.ContainerService/managedClusters/NAME',
    );
  const origin = endpoints.azureManagement ?? 'https://management.azure.com';
  const { token } = await (await createCloudIdentity(account, endpoints).azure()).getToken(
    'https://management.azure.com/.default',
  );
  const url = `${origin}${cluster}/listClusterUserCredential?api-version=${aksVersion}`;
  const answer = await askJson(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  const [first] = (answer['kubeconfigs'] ?? []) as readonly { value?: string }[];
  return clusterOfKubeconfig(decoded(first?.value) ?? '');
}

/** Of a kubeconfig only where the cluster is counts: its users are not who we are. */
function clusterOfKubeconfig(text: string): ManagedCluster {
  const { clusters = [] } = (parse(text) ?? {}) as { clusters?: readonly { cluster?: Record<string, string> }[] };
  const { server = '', 'certificate-authority-data': data } = clusters[0]?.cluster ?? {};
  return { server, ca: decoded(data) };
}

function decoded(base64: string | undefined): string | null {
  return base64 === undefined || base64 === '' ? null : Buffer.from(base64, 'base64').toString('utf8');
}

async function askJson(
  url: string,
  init: { readonly method?: string; readonly headers: Readonly<Record<string, string>> },
): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  const text = await answer.text();
  if (!answer.ok)
    throw new TypeError(`${new URL(url).host} answered ${answer.status}: ${text.replace(/\p{C}+/gu, ' ').slice(0, 300)}`);
  return JSON.parse(text) as Record<string, unknown>;
}

function checked(found: ManagedCluster): ManagedCluster {
  if (found.server === '') throw new TypeError('the cloud told no address; is the cluster still being made?');
  return found;
}
