import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signedHeaders } from '../../src/auth/clouds/aws-signature.ts';
import { type CloudAccount, findManagedCluster } from '../../src/auth/index.ts';
import { certificates } from '../registry/certificates.ts';
import { entraAnswer, startStandIn, stsAnswer } from './cloud-stand-ins.ts';

const trusted = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...trusted, certificates.ca]));
// What one file trusts, the next in the same process must not.
afterAll(() => setDefaultCACertificates(trusted));

const now = Date.parse('2026-01-02T03:04:05.678Z');
const base64 = (text: string) => Buffer.from(text).toString('base64');

function accountWith(annotations: Readonly<Record<string, string>>): CloudAccount {
  return { namespace: 'apps', name: 'deployer', annotations, createToken: async (audience) => `token for ${audience}` };
}

describe('EKS', () => {
  const cluster = 'arn:aws:eks:eu-west-1:123456789012:cluster/prod';
  const account = accountWith({ 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/deployer' });

  // The signature is the one that @smithy/signature-v4 made for the same request.
  test('is asked with a signed request', () => {
    const keys = {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      sessionToken: 'ses/sion+tok=en',
    };
    const request = { host: 'eks.eu-west-1.amazonaws.com', path: '/clusters/prod' };
    const headers = signedHeaders(request, keys, { region: 'eu-west-1', service: 'eks', now });
    expect(headers['authorization']).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/eks/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=1cc88a4f9bc7fb411ccb0a58139d514ec248f9ae347d6c06928cae54af8f193b',
    );
  });

  test('tells where a cluster is, by its ARN', async () => {
    await using sts = await startStandIn(() => ({ type: 'text/xml', body: stsAnswer }));
    const told = { endpoint: 'https://prod.eks.example', certificateAuthority: { data: base64('authority') } };
    await using eks = await startStandIn(() => ({ body: { cluster: told } }));
    const endpoints = { sts: sts.url, eks: eks.url };
    expect(await findManagedCluster({ provider: 'aws', cluster, account, now, endpoints })).toEqual({
      server: 'https://prod.eks.example',
      ca: 'authority',
    });
    expect(eks.seen[0]).toMatchObject({ method: 'GET', path: '/clusters/prod' });
    expect(eks.seen[0]?.headers['authorization']).toMatch(/^AWS4-HMAC-SHA256 Credential=ASIAROLE\/20260102\/eu-west-1\/eks\//);
  });

  test('what it refuses is told', async () => {
    await using sts = await startStandIn(() => ({ type: 'text/xml', body: stsAnswer }));
    await using eks = await startStandIn(() => ({ status: 403, body: { message: 'no eks:DescribeCluster' } }));
    const endpoints = { sts: sts.url, eks: eks.url };
    await expect(findManagedCluster({ provider: 'aws', cluster, account, now, endpoints })).rejects.toMatchObject({
      code: 'CLUSTER_UNKNOWN',
      message: expect.stringMatching(/as ServiceAccount apps\/deployer: .* answered 403: .*no eks:DescribeCluster/),
    });
  });
});

test('GKE tells where a cluster is, by its name', async () => {
  await using google = await startStandIn(({ method }) =>
    method === 'POST'
      ? { body: { access_token: 'google token', token_type: 'Bearer', expires_in: 3600 } }
      : { body: { endpoint: '192.0.2.7', masterAuth: { clusterCaCertificate: base64('authority') } } },
  );
  const provider = 'projects/1/locations/global/workloadIdentityPools/pool/providers/home';
  const account = accountWith({ 'gcp.auth.fluxcd.io/workload-identity-provider': provider });
  const cluster = 'projects/shop/locations/europe-west1/clusters/prod';
  const endpoints = { googleTokens: google.url, googleContainer: google.url };
  expect(await findManagedCluster({ provider: 'gcp', cluster, account, now, endpoints })).toEqual({
    server: 'https://192.0.2.7',
    ca: 'authority',
  });
  const asked = google.seen.find(({ method }) => method === 'GET');
  expect([asked?.path, asked?.headers['authorization']]).toEqual([`/v1/${cluster}`, 'Bearer google token']);
});

test('AKS tells where a cluster is, by its resource id; who its kubeconfig logs in as does not count', async () => {
  const user = { name: 'clusterUser', user: { token: 'not ours' } };
  const place = { server: 'https://prod.azmk8s.example:443', 'certificate-authority-data': base64('authority') };
  const kubeconfig = JSON.stringify({ clusters: [{ name: 'prod', cluster: place }], users: [user] });
  await using entra = await startStandIn((request) => entraAnswer(request, 'entra token'), { tls: true });
  await using manager = await startStandIn(() => ({
    body: { kubeconfigs: [{ name: 'clusterUser', value: base64(kubeconfig) }] },
  }));
  const account = accountWith({
    'azure.workload.identity/client-id': '11111111-2222-3333-4444-555555555555',
    'azure.workload.identity/tenant-id': '66666666-7777-8888-9999-000000000000',
  });
  const cluster =
    '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/prod';
  const endpoints = { azureAuthority: entra.url, azureManagement: manager.url };
  expect(await findManagedCluster({ provider: 'azure', cluster, account, now, endpoints })).toEqual({
    server: 'https://prod.azmk8s.example:443',
    ca: 'authority',
  });
  expect(manager.seen[0]).toMatchObject({ method: 'POST', headers: { authorization: 'Bearer entra token' } });
  expect(manager.seen[0]?.path).toMatch(/^\/subscriptions\/.*\/managedClusters\/prod\/listClusterUserCredential\?api-version=/);
});

test.for([
  { provider: 'aws', cluster: 'prod', says: /has to be its ARN/ },
  { provider: 'gcp', cluster: 'prod', says: /has to be projects\/PROJECT/ },
  { provider: 'gcp', cluster: 'projects/a/locations/b/clusters/c?x=1', says: /has to be projects\/PROJECT/ },
  { provider: 'azure', cluster: '', says: /has to be \/subscriptions\// },
] as const)('$provider: a cluster called "$cluster" is looked up nowhere', async ({ provider, cluster, says }) => {
  await expect(findManagedCluster({ provider, cluster, account: accountWith({}), now })).rejects.toMatchObject({
    code: 'CLUSTER_UNKNOWN',
    message: expect.stringMatching(says),
  });
});

test('a cluster that is still being made has no address', async () => {
  await using google = await startStandIn(() => ({ body: { access_token: 't', token_type: 'Bearer', expires_in: 3600 } }));
  const provider = 'projects/1/locations/global/workloadIdentityPools/pool/providers/home';
  const account = accountWith({ 'gcp.auth.fluxcd.io/workload-identity-provider': provider });
  const endpoints = { googleTokens: google.url, googleContainer: google.url };
  const cluster = 'projects/shop/locations/europe-west1/clusters/prod';
  await expect(findManagedCluster({ provider: 'gcp', cluster, account, now, endpoints })).rejects.toThrow(/told no address/);
});
