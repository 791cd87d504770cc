import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeLogin } from '../../src/auth/git-cloud-tokens.ts';
import { type CloudAccount, GitLogins } from '../../src/auth/index.ts';
import { certificates } from '../registry/certificates.ts';
import { entraAnswer, startStandIn, stsAnswer } from './cloud-stand-ins.ts';

const trusted = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...trusted, certificates.ca]));
// What one file trusts, the next in the same process must not.
afterAll(() => setDefaultCACertificates(trusted));

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const codeCommit = 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet';
const now = Date.parse('2026-01-02T03:04:05.678Z');
const wish = { secret: null, proxySecret: null };

function accountWith(annotations: Readonly<Record<string, string>>): CloudAccount {
  return { namespace: 'apps', name: 'git', annotations, createToken: async (audience) => `token for ${audience}` };
}

describe('aws', () => {
  // The signature was computed by Python's hmac and hashlib, step by step after AWS' documentation.
  test('CodeCommit is given a signature over method, path and host', () => {
    const login = describeLogin(new URL(codeCommit), 'eu-west-1', keys, now);
    expect(login.username).toBe('AKIDEXAMPLE');
    expect(login.token.reveal()).toBe('20260102T030405Z9c253ec29c4cd4e20880c6aca583979086cfa4ca535ff6f6d023659c2f95bb40');
    expect(login.expiresAt).toBe(now + 15 * 60_000);
    const session = describeLogin(new URL(codeCommit), 'eu-west-1', { ...keys, sessionToken: 'session' }, now);
    expect(session.username).toBe('AKIDEXAMPLE%session');
  });

  test('a ServiceAccount signs with the role that it names, and what it got is kept', async () => {
    await using sts = await startStandIn(() => ({ type: 'text/xml', body: stsAnswer }));
    const logins = new GitLogins({ endpoints: { sts: sts.url } });
    const account = accountWith({ 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/git' });
    const [remote, again] = [
      await logins.open({ ...wish, url: codeCommit, provider: 'aws', account }),
      await logins.open({ ...wish, url: codeCommit, provider: 'aws', account }),
    ];
    expect(remote.credentials).toMatchObject({ kind: 'basic', username: 'ASIAROLE%session' });
    expect(again.credentials).toEqual(remote.credentials);
    expect(sts.seen.length).toBe(1);
    expect(remote.owner).toBe('aws:apps/git');
  });

  test('a host that is not of CodeCommit gets none', async () => {
    for (const url of ['https://example.com/x', 'https://git-codecommit.eu-west-1.amazonaws.com.evil.org/x'])
      await expect(new GitLogins().open({ ...wish, url, provider: 'aws' })).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
  });
});

test('azure: a ServiceAccount is an application, whose token is one for Azure DevOps, and kept', async () => {
  await using entra = await startStandIn((request) => entraAnswer(request, 'entra token'), { tls: true });
  const logins = new GitLogins({ endpoints: { azureAuthority: entra.url } });
  const account = accountWith({
    'azure.workload.identity/client-id': '11111111-2222-3333-4444-555555555555',
    'azure.workload.identity/tenant-id': '66666666-7777-8888-9999-000000000000',
  });
  const url = 'https://dev.azure.com/acme/_git/fleet';
  const [remote] = await Promise.all([
    logins.open({ ...wish, url, provider: 'azure', account }),
    logins.open({ ...wish, url, provider: 'azure', account }),
  ]);
  if (remote.credentials.kind !== 'bearer') throw new Error(`credentials are ${remote.credentials.kind}`);
  expect(remote.credentials.token.reveal()).toBe('entra token');
  expect(remote.owner).toBe('azure:apps/git');
  const asked = entra.seen.filter(({ path }) => path.includes('/oauth2/v2.0/token'));
  expect(asked.length).toBe(1);
  const form = new URLSearchParams(asked[0]?.body);
  expect(form.get('client_assertion')).toBe('token for api://AzureADTokenExchange');
  expect(form.get('scope')).toContain('499b84ac-1321-427f-aa17-267ca6975798/.default');
});
