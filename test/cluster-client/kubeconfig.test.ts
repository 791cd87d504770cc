import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadInCluster, loadKubeconfig } from '../../src/cluster/index.ts';
import { connect, kubeconfigOf, settings } from './connect.ts';
import { type Answer, json, refusal, startFakeApi } from './fake-api.ts';

const server = 'https://api.example:6443';
const route = 'GET /api/v1/namespaces/web/configmaps/settings';
const settingsObject = { metadata: { name: 'settings' } };

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'tagalong-kubeconfig-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test('a context is resolved to its server, authority and user', () => {
  const yaml = kubeconfigOf(
    `${server}/`,
    { token: 't' },
    { 'certificate-authority-data': btoa('PEM'), 'tls-server-name': 'kubernetes' },
  );
  expect(loadKubeconfig({ yaml })).toEqual({
    server,
    ca: 'PEM',
    tlsServerName: 'kubernetes',
    skipTlsVerify: false,
    user: { name: 'me', token: 't' },
  });
});

test('files are found beside the kubeconfig', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'ca.pem'), 'CA');
  await writeFile(join(folder.path, 'cert.pem'), 'CERT');
  await writeFile(join(folder.path, 'key.pem'), 'KEY');
  const user = { 'client-certificate': 'cert.pem', 'client-key': 'key.pem' };
  await writeFile(join(folder.path, 'config'), kubeconfigOf(server, user, { 'certificate-authority': 'ca.pem' }));
  expect(loadKubeconfig({ path: join(folder.path, 'config') })).toMatchObject({
    ca: 'CA',
    user: { certificate: { cert: 'CERT', key: 'KEY' } },
  });
});

test.for([
  { because: 'it is not a mapping', yaml: '- a', says: 'it is not a YAML mapping' },
  { because: 'its context is missing', yaml: '{current-context: x, contexts: []}', says: "it has no context 'x'" },
  { because: 'nothing is chosen', yaml: '{contexts: []}', says: 'it has no current-context' },
  { because: 'the scheme is not HTTP', yaml: kubeconfigOf('ftp://x'), says: "the server's scheme is ftp:" },
  {
    because: 'a certificate has no key',
    yaml: kubeconfigOf(server, { 'client-certificate-data': 'UEVN' }),
    says: 'without its key',
  },
])('a kubeconfig is refused because $because', ({ yaml, says }) => {
  expect(() => loadKubeconfig({ yaml })).toThrow(
    expect.objectContaining({ code: 'KUBECONFIG_INVALID', message: expect.stringContaining(says) }),
  );
});

test.for(['users:\n - token: SECRET: x\n', '*SECRET', '"SECRET', 'users: [{name: a, user: {token: [SECRET}}]'])(
  'a kubeconfig that is no YAML is told of without a word of it: %j',
  (tenantYaml) => {
    expect(() => loadKubeconfig({ tenantYaml })).toThrow(
      expect.objectContaining({
        code: 'KUBECONFIG_INVALID',
        message: expect.not.stringContaining('SECRET'),
        cause: expect.objectContaining({ message: expect.stringContaining('it is not valid YAML') }),
      }),
    );
  },
);

test.for([
  { what: 'an exec plugin', user: { exec: { command: '/bin/sh' } } },
  { what: 'an auth provider', user: { 'auth-provider': { name: 'oidc' } } },
  { what: 'a token file', user: { tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token' } },
  { what: 'a certificate file', user: { 'client-certificate': '/etc/passwd', 'client-key': '/etc/passwd' } },
  { what: 'an impersonated user', user: { token: 't', as: 'admin' } },
  { what: 'an authority file', cluster: { 'certificate-authority': '/etc/passwd' } },
  { what: 'a skipped TLS check', cluster: { 'insecure-skip-tls-verify': true } },
])('a kubeconfig of a tenant may not name $what', ({ user, cluster }) => {
  const tenantYaml = kubeconfigOf(server, user ?? { token: 't' }, cluster ?? {});
  expect(() => loadKubeconfig({ tenantYaml })).toThrow(/accepted here/);
});

test('a kubeconfig of a tenant may hold an inline token', () => {
  expect(loadKubeconfig({ tenantYaml: kubeconfigOf(server) })).toMatchObject({ user: { token: 'letmein' } });
});

test('basic authentication is sent', async () => {
  await using api = await startFakeApi({ [route]: refusal(404, 'NotFound', 'none') });
  await using cluster = await connect(api.url, { kubeconfig: { yaml: kubeconfigOf(api.url, { username: 'a', password: 'b' }) } });
  await cluster.get(settings);
  expect(api.requestsTo(route)[0]?.headers.authorization).toBe(`Basic ${btoa('a:b')}`);
});

test('a token file is read again when the server refuses the token, since tokens rotate', async () => {
  await using folder = await temporaryFolder();
  const tokenFile = join(folder.path, 'token');
  await writeFile(tokenFile, 'old\n');
  const guarded: Answer = (request, response) => {
    const answer =
      request.headers.authorization === 'Bearer new' ? json(200, settingsObject) : refusal(401, 'Unauthorized', 'Unauthorized');
    answer(request, response);
  };
  await using api = await startFakeApi({ [route]: guarded });
  await using cluster = await connect(api.url, { kubeconfig: { yaml: kubeconfigOf(api.url, { tokenFile }) } });
  await cluster.resource(settings);
  await writeFile(tokenFile, 'new\n');
  await cluster.get(settings);
  expect(api.requestsTo(route).map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
});

test('an exec plugin is asked once for many requests, and told which answer it has to give', async () => {
  await using folder = await temporaryFolder();
  const script = `
    const fs = require('node:fs');
    fs.appendFileSync(${JSON.stringify(join(folder.path, 'calls'))}, 'x');
    const { apiVersion } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
    console.log(JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token: 'from-' + apiVersion + process.env.EXTRA } }));`;
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', script],
    env: [{ name: 'EXTRA', value: '!' }],
  };
  await using api = await startFakeApi({ [route]: refusal(404, 'NotFound', 'none') });
  await using cluster = await connect(api.url, { kubeconfig: { yaml: kubeconfigOf(api.url, { exec }) } });
  await Promise.all([cluster.get(settings), cluster.get(settings)]);
  expect(api.requestsTo(route)[0]?.headers.authorization).toBe('Bearer from-client.authentication.k8s.io/v1!');
  const { readFile } = await import('node:fs/promises');
  expect(await readFile(join(folder.path, 'calls'), 'utf8')).toBe('x');
});

test('an exec plugin that fails is named', async () => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', 'process.exit(3)'] };
  await using api = await startFakeApi();
  await using cluster = await connect(api.url, { kubeconfig: { yaml: kubeconfigOf(api.url, { exec }) } });
  await expect(cluster.get(settings)).rejects.toMatchObject({
    code: 'CREDENTIALS_UNAVAILABLE',
    message: expect.stringContaining(process.execPath),
  });
});

test('a kubeconfig that impersonates does so in every request', async () => {
  await using api = await startFakeApi({ [route]: refusal(404, 'NotFound', 'none') });
  await using cluster = await connect(api.url, { kubeconfig: { yaml: kubeconfigOf(api.url, { token: 't', as: 'jane' }) } });
  await cluster.get(settings);
  expect(api.requestsTo(route)[0]?.headers['impersonate-user']).toBe('jane');
});

test('inside a cluster the address comes from the environment and the token from the mounted file', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'ca.crt'), 'CA');
  expect(loadInCluster({ host: 'fd00::1', port: '443', folder: folder.path })).toEqual({
    server: 'https://[fd00::1]:443',
    ca: 'CA',
    skipTlsVerify: false,
    user: { name: 'service account', tokenFile: join(folder.path, 'token') },
  });
  expect(() => loadInCluster({ folder: folder.path })).toThrow('not inside a cluster');
});
