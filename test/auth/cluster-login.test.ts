import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signForEks } from '../../src/auth/clouds/cluster-login.ts';
import { type CloudAccount, issueClusterToken } from '../../src/auth/index.ts';
import { certificates } from '../registry/certificates.ts';
import { entraAnswer, startStandIn, stsAnswer } from './cloud-stand-ins.ts';

const trusted = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...trusted, certificates.ca]));
// What one file trusts, the next in the same process must not.
afterAll(() => setDefaultCACertificates(trusted));

const now = Date.parse('2026-01-02T03:04:05.678Z');
const cluster = 'arn:aws:eks:eu-west-1:123456789012:cluster/prod';

function accountWith(annotations: Readonly<Record<string, string>>): CloudAccount {
  return { namespace: 'apps', name: 'deployer', annotations, createToken: async (audience) => `token for ${audience}` };
}

function urlIn(token: string): URL {
  expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/);
  return new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
}

describe('EKS', () => {
  const keys = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    sessionToken: 'ses/sion+tok=en',
  };

  // The signature is the one that `presign` of @smithy/signature-v4 5.7.5 made for the same request.
  test('is given a request to STS that names the cluster and is signed', () => {
    const { token, expiresAt } = signForEks({ region: 'eu-west-1', name: 'prod' }, keys, now);
    const url = urlIn(token);
    expect(url.host).toBe('sts.eu-west-1.amazonaws.com');
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-k8s-aws-id');
    expect(url.searchParams.get('X-Amz-Signature')).toBe('f4774a81b27ab949e409ac6309e0b1ceaeed3a2e811980f67db8962e21f2bfa7');
    expect(expiresAt).toBe(now + 14 * 60_000);
  });

  test('a ServiceAccount is the role that it names', async () => {
    await using sts = await startStandIn(() => ({ type: 'text/xml', body: stsAnswer }));
    const account = accountWith({ 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/deployer' });
    const { token } = await issueClusterToken({ provider: 'aws', cluster, account, now, endpoints: { sts: sts.url } });
    expect(urlIn(token).searchParams.get('X-Amz-Credential')).toBe('ASIAROLE/20260102/eu-west-1/sts/aws4_request');
    expect(new URLSearchParams(sts.seen[0]?.body).get('WebIdentityToken')).toBe('token for sts.amazonaws.com');
  });

  test.for([
    { because: 'a cluster without its region', cluster: 'prod', annotations: {}, says: /has to be its ARN/ },
    { because: 'an account without a role', cluster, annotations: {}, says: /no annotation eks\.amazonaws\.com\/role-arn/ },
  ])('$because gets no token', async ({ cluster, annotations, says }) => {
    const account = accountWith(annotations);
    await expect(issueClusterToken({ provider: 'aws', cluster, account, now })).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: expect.stringMatching(says),
    });
  });
});

test('AKS: a ServiceAccount is an application, whose token is for the server of AKS', async () => {
  await using entra = await startStandIn((request) => entraAnswer(request, 'entra token'), { tls: true });
  const account = accountWith({
    'azure.workload.identity/client-id': '11111111-2222-3333-4444-555555555555',
    'azure.workload.identity/tenant-id': '66666666-7777-8888-9999-000000000000',
  });
  const endpoints = { azureAuthority: entra.url };
  expect(await issueClusterToken({ provider: 'azure', cluster: '', account, now, endpoints })).toMatchObject({
    token: 'entra token',
  });
  const asked = entra.seen.find(({ path }) => path.includes('/oauth2/v2.0/token'));
  expect(new URLSearchParams(asked?.body).get('scope')).toContain('6dae42f8-4368-4678-94ff-3960e28e3630/.default');
});

test('GKE: the token of a ServiceAccount is exchanged for one of Google', async () => {
  await using google = await startStandIn(() => ({
    body: { access_token: 'google token', token_type: 'Bearer', expires_in: 3600 },
  }));
  const provider = 'projects/1/locations/global/workloadIdentityPools/pool/providers/home';
  const account = accountWith({ 'gcp.auth.fluxcd.io/workload-identity-provider': provider });
  const endpoints = { googleTokens: google.url };
  const issued = await issueClusterToken({ provider: 'gcp', cluster: '', account, now, endpoints });
  expect(issued.token).toBe('google token');
  expect(new URLSearchParams(google.seen[0]?.body).get('subject_token')).toBe(`token for //iam.googleapis.com/${provider}`);
});
