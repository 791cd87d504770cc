import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type CloudAccount, type CloudEndpoints, createCloudLogins, loadSdk } from '../../src/auth/index.ts';
import type { RegistryCredentials } from '../../src/core/index.ts';
import { certificatePath } from '../registry/certificates.ts';
import { startHttpProxy } from '../registry/proxies.ts';
import { stoppedClock } from '../registry/stopped-clock.ts';
import { entraAnswer, startStandIn, stsAnswer } from './cloud-stand-ins.ts';

const ecrHost = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const hour = 3_600_000;

beforeAll(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-real-key');
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AZURE_AUTHORITY_HOST', 'GOOGLE_APPLICATION_CREDENTIALS'])
    vi.stubEnv(name, undefined);
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe('aws', () => {
  test('a login at ECR is the token of GetAuthorizationToken, taken apart', async () => {
    const clock = stoppedClock();
    await using ecr = await startStandIn(() => ecrAnswer('AWS', 'ecr password', clock.now() + 12 * hour));
    const logins = open({ ecr: ecr.url }, clock);
    expect(reveal(await logins.login({ provider: 'aws', registry: ecrHost }))).toBe('AWS:ecr password');
    expect(ecr.seen[0]?.headers['x-amz-target']).toBe('AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken');
    expect(ecr.seen[0]?.headers['authorization']).toContain('/eu-central-1/ecr/aws4_request');
  });

  test('one is fetched for all who ask at once, kept, and renewed before it ends', async () => {
    const clock = stoppedClock();
    let count = 0;
    await using ecr = await startStandIn(() => {
      count += 1;
      return ecrAnswer('AWS', `password ${count}`, clock.now() + 12 * hour);
    });
    const logins = open({ ecr: ecr.url }, clock);
    const ask = () => logins.login({ provider: 'aws', registry: ecrHost }).then(reveal);
    expect(await Promise.all([ask(), ask()])).toEqual(['AWS:password 1', 'AWS:password 1']);
    clock.advance(11.9 * hour);
    expect(await ask()).toBe('AWS:password 1');
    clock.advance(0.1 * hour - 1000);
    expect(await ask()).toBe('AWS:password 2');
  });

  test('what is still good is used while the token service is ill, and nothing after', async () => {
    const clock = stoppedClock();
    let isIll = false;
    await using ecr = await startStandIn(() =>
      isIll ? { status: 400, body: { message: 'no way' } } : ecrAnswer('AWS', 'first', clock.now() + hour),
    );
    const logins = open({ ecr: ecr.url }, clock);
    const ask = () => logins.login({ provider: 'aws', registry: ecrHost }).then(reveal);
    await ask();
    isIll = true;
    clock.advance(hour - 60_000);
    expect(await ask()).toBe('AWS:first');
    clock.advance(61_000);
    await expect(ask()).rejects.toMatchObject({ code: 'LOGIN_FAILED', message: expect.stringContaining('no way') });
  });

  test('the public gallery is asked in its own way', async () => {
    const clock = stoppedClock();
    await using gallery = await startStandIn(() => {
      const { authorizationData } = ecrAnswer('AWS', 'public', clock.now() + hour).body;
      return { type: 'application/x-amz-json-1.1', body: { authorizationData: authorizationData[0] } };
    });
    const logins = open({ ecrPublic: gallery.url }, clock);
    expect(reveal(await logins.login({ provider: 'aws', registry: 'public.ecr.aws' }))).toBe('AWS:public');
    expect(gallery.seen[0]?.headers['x-amz-target']).toBe('SpencerFrontendService.GetAuthorizationToken');
    expect(gallery.seen[0]?.headers['authorization']).toContain('/us-east-1/ecr-public/aws4_request');
  });

  test('a ServiceAccount logs in with the role that it names', async () => {
    const clock = stoppedClock();
    await using sts = await startStandIn(() => ({ type: 'text/xml', body: stsAnswer }));
    await using ecr = await startStandIn(() => ecrAnswer('AWS', 'of the role', clock.now() + hour));
    const logins = open({ ecr: ecr.url, sts: sts.url }, clock);
    const role = 'arn:aws:iam::123456789012:role/scanner';
    const account = accountWith({ 'eks.amazonaws.com/role-arn': role });
    expect(reveal(await logins.login({ provider: 'aws', registry: ecrHost, account }))).toBe('AWS:of the role');
    const form = new URLSearchParams(sts.seen[0]?.body);
    expect([form.get('Action'), form.get('RoleArn'), form.get('WebIdentityToken')]).toEqual([
      ...['AssumeRoleWithWebIdentity', role, 'token of apps/scanner for sts.amazonaws.com'],
    ]);
    expect(ecr.seen[0]?.headers['authorization']).toContain('ASIAROLE');
  });

  test('goes through an http proxy', async () => {
    const clock = stoppedClock();
    await using proxy = await startHttpProxy({ login: { username: 'u', password: 'p' } });
    await using ecr = await startStandIn(() => ecrAnswer('AWS', 'proxied', clock.now() + hour));
    const way = { address: proxy.address, username: 'u', password: { reveal: () => 'p' } };
    const logins = open({ ecr: ecr.url }, clock);
    expect(reveal(await logins.login({ provider: 'aws', registry: ecrHost, proxy: way }))).toBe('AWS:proxied');
    expect(proxy.seen).toHaveLength(1);
  });
});

describe('azure', () => {
  const client = '11111111-2222-3333-4444-555555555555';
  const tenant = '66666666-7777-8888-9999-000000000000';

  test('a ServiceAccount is an application, and its token is one for the registry to exchange', async () => {
    await using entra = await startStandIn((request) => entraAnswer(request, 'entra token'), { tls: true });
    const script = fileURLToPath(new URL('login-at-azure.ts', import.meta.url));
    const args = ['--disable-warning=ExperimentalWarning', script, entra.url, client, tenant];
    const env = { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: certificatePath('ca.crt') };
    expect((await promisify(execFile)(process.execPath, args, { env })).stdout).toBe('exchange entra token');
    const asked = entra.seen.find(({ path }) => path.includes('/oauth2/v2.0/token'));
    const form = new URLSearchParams(asked?.body);
    expect(asked?.path).toContain(tenant);
    expect([form.get('client_id'), form.get('client_assertion'), form.get('scope')]).toEqual([
      ...[client, 'token of apps/scanner for api://AzureADTokenExchange'],
      expect.stringContaining('https://management.azure.com/.default'),
    ]);
  });

  test('the bot is whoever it is where it runs', async () => {
    await using identity = await startStandIn(() => ({
      body: {
        access_token: 'managed',
        expires_on: String(Math.floor(Date.now() / 1000) + 7200),
        resource: 'x',
        token_type: 'Bearer',
      },
    }));
    vi.stubEnv('IDENTITY_ENDPOINT', `${identity.url}/msi/token`);
    vi.stubEnv('IDENTITY_HEADER', 'header');
    const credentials = await open({}).login({ provider: 'azure', registry: 'acme.azurecr.cn' });
    expect(reveal(credentials)).toBe('managed');
    expect(identity.seen[0]?.path).toContain(encodeURIComponent('https://management.chinacloudapi.cn'));
  });

  test('a ServiceAccount without its annotations is told what it needs', async () => {
    const asked = open({}).login({ provider: 'azure', registry: 'acme.azurecr.io', account: accountWith({}) });
    await expect(asked).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: expect.stringContaining('ServiceAccount apps/scanner needs the annotations azure.workload.identity/client-id'),
    });
  });
});

describe('gcp', () => {
  const pool = 'projects/1/locations/global/workloadIdentityPools/p/providers/k';

  test('a ServiceAccount is federated by the provider that it names', async () => {
    await using google = await startStandIn(() => ({ body: googleAnswer('federated') }));
    const logins = open({ googleTokens: `${google.url}/v1/token` });
    const account = accountWith({ 'gcp.auth.fluxcd.io/workload-identity-provider': pool });
    expect(reveal(await logins.login({ provider: 'gcp', registry: 'eu.gcr.io', account }))).toBe('oauth2accesstoken:federated');
    const form = new URLSearchParams(google.seen[0]?.body);
    expect([form.get('audience'), form.get('subject_token')]).toEqual([
      ...[`//iam.googleapis.com/${pool}`, `token of apps/scanner for //iam.googleapis.com/${pool}`],
    ]);
  });

  test('and may stand for a Google service account', async () => {
    await using google = await startStandIn(({ path }) => {
      const expireTime = new Date(Date.now() + hour).toISOString();
      return {
        body: path.includes(':generateAccessToken') ? { accessToken: 'impersonated', expireTime } : googleAnswer('federated'),
      };
    });
    const logins = open({ googleTokens: `${google.url}/v1/token`, googleImpersonation: google.url });
    const account = accountWith({
      'gcp.auth.fluxcd.io/workload-identity-provider': pool,
      'iam.gke.io/gcp-service-account': 'scanner@acme.iam.gserviceaccount.com',
    });
    const credentials = await logins.login({ provider: 'gcp', registry: 'europe-docker.pkg.dev', account });
    expect(reveal(credentials)).toBe('oauth2accesstoken:impersonated');
  });

  test('inside GKE the cluster is its own provider', async () => {
    const metadata: Record<string, string> = { 'project-id': 'acme', 'cluster-location': 'europe-west3', 'cluster-name': 'prod' };
    await using google = await startStandIn(({ path }) => {
      const found = metadata[path.split('/').at(-1) ?? ''];
      return found === undefined ? { body: googleAnswer('from GKE') } : { type: 'text/plain', body: found };
    });
    const logins = open({ googleTokens: `${google.url}/v1/token`, googleMetadata: google.url });
    expect(reveal(await logins.login({ provider: 'gcp', registry: 'gcr.io', account: accountWith({}) }))).toContain('from GKE');
    const form = new URLSearchParams(google.seen.find(({ path }) => path === '/v1/token')?.body);
    const cluster = 'https://container.googleapis.com/v1/projects/acme/locations/europe-west3/clusters/prod';
    expect([form.get('audience'), form.get('subject_token')]).toEqual([
      ...[`identitynamespace:acme.svc.id.goog:${cluster}`, 'token of apps/scanner for acme.svc.id.goog'],
    ]);
  });

  test('the bot is whoever its machine is', async () => {
    await using metadata = await startStandIn(({ path }) =>
      path.includes('/token') ? { body: googleAnswer('of the machine') } : { type: 'text/plain', body: 'default' },
    );
    vi.stubEnv('GCE_METADATA_HOST', metadata.url.replace('http://', ''));
    vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present');
    expect(reveal(await open({}).login({ provider: 'gcp', registry: 'gcr.io' }))).toBe('oauth2accesstoken:of the machine');
  });
});

test.for([
  { provider: 'aws', registry: 'registry.example' },
  { provider: 'azure', registry: 'evil-azurecr.io' },
  { provider: 'gcp', registry: 'acme.azurecr.io' },
] as const)('$provider has nothing to say to $registry', async ({ provider, registry }) => {
  await expect(open({}).login({ provider, registry })).rejects.toMatchObject({ code: 'WRONG_CLOUD', retry: 'never' });
});

test('two ServiceAccounts have two tokens', async () => {
  await using google = await startStandIn(({ body }) => ({
    body: googleAnswer(`for ${new URLSearchParams(body).get('subject_token')}`),
  }));
  const logins = open({ googleTokens: google.url });
  const wip = {
    'gcp.auth.fluxcd.io/workload-identity-provider': 'projects/1/locations/global/workloadIdentityPools/p/providers/k',
  };
  const ask = (name: string) =>
    logins.login({ provider: 'gcp', registry: 'gcr.io', account: accountWith(wip, name) }).then(reveal);
  expect(await ask('one')).toContain('token of apps/one');
  expect(await ask('two')).toContain('token of apps/two');
});

test('an annotation that could be anything is refused', async () => {
  const account = accountWith({ 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/x y' });
  await expect(open({}).login({ provider: 'aws', registry: ecrHost, account })).rejects.toMatchObject({
    message: expect.stringContaining('eks.amazonaws.com/role-arn of ServiceAccount apps/scanner'),
  });
});

test('a package that is not installed is named', async () => {
  const name = '@tagalong/no-such-package';
  await expect(loadSdk(name, () => import(name))).rejects.toMatchObject({
    code: 'SDK_MISSING',
    message: expect.stringContaining(`npm install ${name}`),
  });
});

function open(endpoints: CloudEndpoints, clock = stoppedClock()) {
  // The stand-ins of Azure and Google tell the real time.
  return createCloudLogins({ clock, endpoints });
}

function accountWith(annotations: Readonly<Record<string, string>>, name = 'scanner'): CloudAccount {
  const createToken = async (audience: string) => `token of apps/${name} for ${audience}`;
  return { namespace: 'apps', name, annotations, createToken };
}

function reveal(credentials: RegistryCredentials): string {
  switch (credentials.kind) {
    case 'basic':
      return `${credentials.username}:${credentials.password.reveal()}`;
    case 'anonymous':
      return '';
    default:
      return credentials.token.reveal();
  }
}

function ecrAnswer(username: string, password: string, endsAt: number) {
  const authorizationToken = Buffer.from(`${username}:${password}`).toString('base64');
  const body = { authorizationData: [{ authorizationToken, expiresAt: endsAt / 1000, proxyEndpoint: 'https://x' }] };
  return { type: 'application/x-amz-json-1.1', body };
}

function googleAnswer(token: string) {
  const issued = 'urn:ietf:params:oauth:token-type:access_token';
  return { access_token: token, issued_token_type: issued, token_type: 'Bearer', expires_in: 3600 };
}
