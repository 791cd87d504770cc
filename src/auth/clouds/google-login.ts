import { type CloudAccount, type CloudAsk, type CloudToken, proxyUrl, readAnnotation } from './cloud-account.ts';
import { loadSdk } from './load-sdk.ts';

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];
const hourMs = 3_600_000;

/**
 * An access token of Google Cloud, with which `oauth2accesstoken` logs in at its registries: as the ServiceAccount by workload identity
 * federation, or by whatever the SDK finds around the bot.
 */
export async function loginAtGoogle(ask: CloudAsk): Promise<CloudToken> {
  const client = ask.account === undefined ? await findClient(ask) : await federate(ask.account, ask);
  const { token } = await client.getAccessToken();
  if (typeof token !== 'string' || token === '') throw new TypeError('Google Cloud answered without an access token');
  return { username: 'oauth2accesstoken', text: token, expiresAt: client.credentials.expiry_date ?? Date.now() + hourMs / 2 };
}

async function findClient({ proxy }: CloudAsk) {
  const { GoogleAuth } = await loadSdk('google-auth-library', () => import('google-auth-library'));
  const way = proxyUrl(proxy);
  return new GoogleAuth({ scopes, ...(way !== null && { clientOptions: { transporterOptions: { proxy: way } } }) }).getClient();
}

/** The token of the ServiceAccount is exchanged for one of Google; with an e-mail, for one of the Google service account it names. */
async function federate(account: CloudAccount, { endpoints, proxy }: CloudAsk) {
  const { IdentityPoolClient } = await loadSdk('google-auth-library', () => import('google-auth-library'));
  const email = readAnnotation(
    account,
    'iam.gke.io/gcp-service-account',
    /^[a-zA-Z0-9-]{1,100}@[a-zA-Z0-9-]{1,100}\.iam\.gserviceaccount\.com$/,
  );
  const { subjectAudience, audience } = await findAudiences(account, endpoints.googleMetadata);
  const way = proxyUrl(proxy);
  const impersonation = endpoints.googleImpersonation ?? 'https://iamcredentials.googleapis.com';
  return new IdentityPoolClient({
    type: 'external_account',
    audience,
    scopes,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: endpoints.googleTokens ?? 'https://sts.googleapis.com/v1/token',
    subject_token_supplier: { getSubjectToken: () => account.createToken(subjectAudience) },
    ...(email !== undefined && {
      service_account_impersonation_url: `${impersonation}/v1/projects/-/serviceAccounts/${email}:generateAccessToken`,
    }),
    ...(way !== null && { transporterOptions: { proxy: way } }),
  });
}

/** Outside of GKE the provider of a workload identity pool is named; inside, the metadata server knows the cluster's own. */
async function findAudiences(account: CloudAccount, metadata: string | undefined) {
  const form = /^projects\/\d{1,30}\/locations\/global\/workloadIdentityPools\/[^/]{1,100}\/providers\/[^/]{1,100}$/;
  const provider = readAnnotation(account, 'gcp.auth.fluxcd.io/workload-identity-provider', form);
  if (provider !== undefined) {
    const audience = `//iam.googleapis.com/${provider}`;
    return { subjectAudience: audience, audience };
  }
  const read = (path: string) => readMetadata(metadata, path);
  const [project, location, cluster] = await Promise.all([
    read('project/project-id'),
    read('instance/attributes/cluster-location'),
    read('instance/attributes/cluster-name'),
  ]);
  const pool = `${project}.svc.id.goog`;
  const name = `https://container.googleapis.com/v1/projects/${project}/locations/${location}/clusters/${cluster}`;
  return { subjectAudience: pool, audience: `identitynamespace:${pool}:${name}` };
}

async function readMetadata(origin: string | undefined, path: string): Promise<string> {
  const server = origin ?? `http://${process.env['GCE_METADATA_HOST'] ?? 'metadata.google.internal'}`;
  try {
    const answer = await fetch(`${server}/computeMetadata/v1/${path}`, {
      headers: { 'metadata-flavor': 'Google' },
      signal: AbortSignal.timeout(5000),
    });
    if (answer.ok) return (await answer.text()).trim();
    throw new TypeError(`it answered ${answer.status}`);
  } catch (cause) {
    throw new TypeError(
      `asking Google's metadata server for ${path}: ${(cause as Error).message}; outside of GKE, annotate the ServiceAccount with gcp.auth.fluxcd.io/workload-identity-provider`,
      { cause },
    );
  }
}
