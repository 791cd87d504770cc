import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Kustomization } from '../../src/api/index.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { createRemoteClusters, type RemoteAccess } from '../../src/reconcilers/index.ts';
import { startStandIn } from '../auth/cloud-stand-ins.ts';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  configMapRef,
  type Home,
  idsOf,
  kustomization,
  kustomizationRef,
  type Process,
  readyOf,
  startHome,
  startProcess,
  statusOf,
  waitReady,
  waitReason,
} from './kustomization-fixture.ts';

let home: Home;
let away: Home;
let running: Process;
beforeEach(async () => {
  [home, away] = await Promise.all([startHome(), startHome()]);
  running = await startProcess(home);
});
afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await Promise.all([home[Symbol.asyncDispose](), away[Symbol.asyncDispose]()]);
});

const secret = (name: string, stringData: Record<string, string>, labels: Record<string, string> = {}): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'flux-system', labels } },
  stringData,
});
const remote = (spec: Record<string, unknown> = {}) =>
  kustomization('app', { kubeConfig: { secretRef: { name: 'away' } }, ...spec });
const setData = (place: Home, name: string, value: string) =>
  place.cluster.patch(configMapRef(name), { data: { value } }, { type: 'merge', fieldManager: 'somebody' });
const dataOf = async (place: Home, name: string) => (await place.get(configMapRef(name)))?.['data'];

describe('a Kustomization with the kubeconfig of another cluster', () => {
  beforeEach(async () => {
    await home.create(secret('away', { value: away.kubeconfig }));
  });

  test('is applied, corrected, pruned and deleted there, and nowhere else', async () => {
    await home.create(remote());
    await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b') }));
    expect(await home.get(configMapRef('a'))).toBeNull();
    expect(idsOf(await statusOf(home, 'app'))).toEqual(['default_a__ConfigMap', 'default_b__ConfigMap']);
    await setData(away, 'a', 'by hand');
    await waitUntil('the drift to be undone', async () => JSON.stringify(await dataOf(away, 'a')) === '{"value":"1"}');
    await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }));
    expect(await away.get(configMapRef('b'))).toBeNull();
    await home.cluster.delete(kustomizationRef('app'));
    await waitUntil('the object to go', async () => (await away.get(configMapRef('a'))) === null);
    await waitUntil('the Kustomization to go', async () => (await home.get(kustomizationRef('app'))) === null);
  });

  test('acts as its ServiceAccount there', async () => {
    await home.create(remote({ serviceAccountName: 'tenant' }));
    await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }));
    const users = away
      .requests()
      .filter(({ path }) => path.includes('configmaps'))
      .map(({ impersonatedUser }) => impersonatedUser);
    expect(new Set(users)).toEqual(new Set(['system:serviceaccount:flux-system:tenant']));
  });

  test('takes nothing over from one on the own cluster, and gives nothing away to it', async () => {
    await home.create(remote());
    await home.create(kustomization('local', { path: './local' }));
    const both = { 'app/a.yaml': configMap('a'), 'app/keep.yaml': configMap('keep'), 'local/a.yaml': configMap('a') };
    const first = await home.commit(both);
    await Promise.all([waitReady(home, 'app', first), waitReady(home, 'local', first)]);
    const { 'app/a.yaml': _gone, ...rest } = both;
    await waitReady(home, 'app', await home.commit(rest));
    expect(await away.get(configMapRef('a'))).toBeNull();
    expect(await home.get(configMapRef('a'))).not.toBeNull();
  });

  test('goes on with another kubeconfig as soon as the labelled Secret changes', async () => {
    const other = await startHome();
    try {
      await home.create(secret('labelled', { value: away.kubeconfig }, { 'reconcile.fluxcd.io/watch': 'Enabled' }));
      await home.create(remote({ kubeConfig: { secretRef: { name: 'labelled' } } }));
      await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }));
      const data = { value: Buffer.from(other.kubeconfig).toString('base64') };
      const ref = { group: '', version: 'v1', kind: 'Secret', namespace: 'flux-system', name: 'labelled' };
      await home.cluster.patch(ref, { data }, { type: 'merge', fieldManager: 'test' });
      await waitUntil('the object on the other cluster', async () => (await other.get(configMapRef('a'))) !== null);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });

  test('whose cluster goes away in the middle fails, tells so, and goes on when it is back', async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`app/${index}.yaml`, configMap(`c${index}`)]));
    const gone = await startHome();
    await home.create(secret('gone', { value: gone.kubeconfig }));
    await home.create(remote({ kubeConfig: { secretRef: { name: 'gone' } } }));
    const revision = await home.commit(files);
    await waitUntil('the apply to be under way', async () => (await gone.get(configMapRef('c0'))) !== null);
    await gone[Symbol.asyncDispose]();
    await waitUntil(
      'the run to end',
      async () =>
        ((await statusOf(home, 'app'))?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status !== 'Unknown'),
      { timeoutMs: 15_000 },
    );
    const data = { value: Buffer.from(away.kubeconfig).toString('base64') };
    const ref = { group: '', version: 'v1', kind: 'Secret', namespace: 'flux-system', name: 'gone' };
    await home.cluster.patch(ref, { data }, { type: 'merge', fieldManager: 'test' });
    const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' };
    await home.cluster.patch(kustomizationRef('app'), { metadata: { annotations } }, { type: 'merge', fieldManager: 'test' });
    await waitReady(home, 'app', revision);
    await waitUntil('all objects there', async () => (await away.get(configMapRef('c39'))) !== null);
    expect(idsOf(await statusOf(home, 'app'))).toHaveLength(40);
  });
});

const context = (user: string, cluster = 'server: https://127.0.0.1:1') => `
apiVersion: v1
kind: Config
current-context: x
contexts: [{name: x, context: {cluster: x, user: x}}]
clusters: [{name: x, cluster: {${cluster}}}]
users: [{name: x, user: {${user}}}]
`;

describe('a kubeconfig is refused that', () => {
  test.for([
    {
      because: 'runs a command',
      value: context('exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, args: [/tmp/x]}'),
      says: /only an inline token/,
    },
    {
      because: 'asks an auth provider',
      value: context('auth-provider: {name: gcp, config: {cmd-path: /bin/sh}}'),
      says: /only an inline token/,
    },
    {
      because: 'reads a token from a file',
      value: context('tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token'),
      says: /only an inline token/,
    },
    {
      because: 'reads an authority from a file',
      value: context('token: t', 'server: https://127.0.0.1:1, certificate-authority: /etc/passwd'),
      says: /not a file/,
    },
    {
      because: 'skips the check of TLS',
      value: context('token: t', 'server: https://127.0.0.1:1, insecure-skip-tls-verify: true'),
      says: /insecure-skip-tls-verify/,
    },
    { because: 'acts as somebody else', value: context('token: t, as: admin'), says: /only an inline token/ },
    { because: 'is no kubeconfig', value: 'just text', says: /not a YAML mapping/ },
    {
      because: 'points to metadata of a cloud',
      value: context('token: t', 'server: https://169.254.169.254'),
      says: /off limits/,
    },
    { because: 'points nowhere', value: context('token: t'), says: /ECONNREFUSED/ },
    { because: 'is under another key', key: 'other', value: context('token: t'), says: /has no value for value or value\.yaml/ },
  ])('$because', async ({ key = 'value', value, says }) => {
    await home.create(secret('away', { [key]: value }));
    await home.create(remote());
    await home.commit({ 'app/a.yaml': configMap('a') });
    await waitReason(home, 'app', 'ReconciliationFailed');
    const message = (await readyOf(home, 'app'))?.message;
    expect(message).toMatch(says);
    expect(message).not.toContain('token: t');
  });
});

test('a kubeconfig Secret that is missing is named', async () => {
  await home.create(remote());
  await home.commit({ 'app/a.yaml': configMap('a') });
  await waitReason(home, 'app', 'ReconciliationFailed');
  expect((await readyOf(home, 'app'))?.message).toBe(
    "spec.kubeConfig.secretRef: Secret 'flux-system/away' not found; create it or mend the reference",
  );
});

describe('a login by configMapRef', () => {
  const byConfigMap = async (data: Record<string, string>) => {
    const metadata = { name: 'login', namespace: 'flux-system' };
    await home.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
    await home.create(kustomization('app', { kubeConfig: { configMapRef: { name: 'login' } } }));
    await home.commit({ 'app/a.yaml': configMap('a') });
  };

  test.for([
    { because: 'an unknown provider', data: { provider: 'other' }, says: /provider 'other' is none of/ },
    { because: 'no address', data: { provider: 'generic', serviceAccountName: 'x' }, says: /needs an address/ },
    {
      because: 'no account at a cloud, which would be the bot itself',
      data: { provider: 'gcp', address: 'https://127.0.0.1:1' },
      says: /provider gcp needs a serviceAccountName/,
    },
    {
      because: 'an account that there is not',
      data: { provider: 'gcp', address: 'https://127.0.0.1:1', serviceAccountName: 'x' },
      says: /serviceaccounts "x" not found/,
    },
    {
      because: 'no address, and a name that the cloud does not know it by',
      data: { provider: 'gcp', cluster: 'prod', serviceAccountName: 'default' },
      says: /ConfigMap 'flux-system\/login': (serviceaccounts "default" not found|looking up cluster 'prod' at gcp .* has to be projects\/PROJECT)/,
    },
    { because: 'no account', data: { provider: 'generic', address: 'https://127.0.0.1:1' }, says: /needs a serviceAccountName/ },
    {
      because: 'an address without TLS',
      data: { provider: 'generic', address: 'http://127.0.0.1:1', serviceAccountName: 'x' },
      says: /has to be an https URL/,
    },
  ])('is refused with $because', async ({ data, says }) => {
    await byConfigMap(data as unknown as Record<string, string>);
    await waitReason(home, 'app', 'ReconciliationFailed');
    expect((await readyOf(home, 'app'))?.message).toMatch(says);
  });
});

test('a login at a cloud is that of the ServiceAccount, for the address of the ConfigMap', async () => {
  await using google = await startStandIn(() => ({
    body: { access_token: 'google token', token_type: 'Bearer', expires_in: 3600 },
  }));
  const annotations = {
    'gcp.auth.fluxcd.io/workload-identity-provider': 'projects/1/locations/global/workloadIdentityPools/pool/providers/home',
  };
  const at = (name: string) => ({ name, namespace: 'flux-system' });
  await home.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...at('deployer'), annotations } });
  const data = { provider: 'gcp', address: 'https://gke.example', 'ca.crt': 'authority', serviceAccountName: 'deployer' };
  await home.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: at('login'), data });
  const asked: RemoteAccess[] = [];
  const connect = async (access: RemoteAccess) => {
    asked.push(access);
    return home.cluster;
  };
  // The embedded API issues no tokens of ServiceAccounts.
  const createToken = async () => ({ token: 'account token', expiresAt: Number.POSITIVE_INFINITY });
  const issuing = { ...home.cluster, get: home.cluster.get.bind(home.cluster), createToken };
  const remotes = createRemoteClusters({ home: issuing, connect, clouds: { googleTokens: google.url } });
  const resource = kustomization('app', { kubeConfig: { configMapRef: { name: 'login' } } }) as Kustomization;
  await remotes.open(resource, AbortSignal.timeout(10_000));
  const [access] = asked;
  if (access === undefined || !('server' in access)) throw new Error('nothing was connected to');
  expect(access).toMatchObject({ server: 'https://gke.example', ca: 'authority' });
  expect((await access.token()).token).toBe('google token');
  expect(new URLSearchParams(google.seen[0]?.body).get('subject_token')).toBe('account token');
});

test('without an address the cloud is asked where the cluster is, once for many runs', async () => {
  await using google = await startStandIn(({ method }) =>
    method === 'POST'
      ? { body: { access_token: 'google token', token_type: 'Bearer', expires_in: 3600 } }
      : { body: { endpoint: '192.0.2.7', masterAuth: { clusterCaCertificate: Buffer.from('authority').toString('base64') } } },
  );
  const annotations = {
    'gcp.auth.fluxcd.io/workload-identity-provider': 'projects/1/locations/global/workloadIdentityPools/pool/providers/home',
  };
  const at = (name: string) => ({ name, namespace: 'flux-system' });
  await home.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...at('deployer'), annotations } });
  const cluster = 'projects/shop/locations/europe-west1/clusters/prod';
  const data = { provider: 'gcp', cluster, serviceAccountName: 'deployer' };
  await home.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: at('login'), data });
  const asked: RemoteAccess[] = [];
  const connect = async (access: RemoteAccess) => {
    asked.push(access);
    return home.cluster;
  };
  const createToken = async () => ({ token: 'account token', expiresAt: Number.POSITIVE_INFINITY });
  const issuing = { ...home.cluster, get: home.cluster.get.bind(home.cluster), createToken };
  const clouds = { googleTokens: google.url, googleContainer: google.url };
  const remotes = createRemoteClusters({ home: issuing, connect, clouds });
  const resource = kustomization('app', { kubeConfig: { configMapRef: { name: 'login' } } }) as Kustomization;
  for (let run = 0; run < 3; run += 1) await remotes.open(resource, AbortSignal.timeout(10_000));
  expect(asked).toEqual([{ server: 'https://192.0.2.7', ca: 'authority', token: expect.any(Function) }]);
  expect(google.seen.filter(({ method }) => method === 'GET').map(({ path }) => path)).toEqual([`/v1/${cluster}`]);
});

describe('what the command line says about tenants', () => {
  test('a Kustomization that names no account is applied as the default one of its namespace', async () => {
    await running[Symbol.asyncDispose]();
    running = await startProcess(home, { policy: { defaultServiceAccount: 'tenant' } });
    home.clearRequests();
    await home.create(kustomization('app'));
    await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }));
    const applies = home.requests().filter(({ path }) => path.includes('/configmaps/'));
    expect(applies.map(({ impersonatedUser }) => impersonatedUser)).toContain('system:serviceaccount:flux-system:tenant');
    expect(applies.every(({ impersonatedUser }) => impersonatedUser !== undefined)).toBe(true);
  });

  test('a source of another namespace is refused where that is forbidden', async () => {
    await running[Symbol.asyncDispose]();
    running = await startProcess(home, { policy: { noCrossNamespaceRefs: true } });
    await home.create(kustomization('app', { sourceRef: { kind: 'GitRepository', name: 'app', namespace: 'other' } }));
    await waitReason(home, 'app', 'AccessDenied');
    expect((await readyOf(home, 'app'))?.message).toBe(
      "can't access 'GitRepository/other/app', cross-namespace references have been blocked",
    );
  });
});
