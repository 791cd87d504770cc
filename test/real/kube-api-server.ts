import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { type AuditedRequest, auditPolicy, readAuditLog } from './audit-log.ts';
import { findFreePort } from './free-port.ts';
import { type KubeUser, renderKubeconfig, renderTokenFile } from './kube-users.ts';
import { requirePart } from './parts.ts';
import { type RunningProcess, startProcess } from './start-process.ts';
import { createTemporaryFolder } from './temporary-folder.ts';
import { waitUntil } from './wait-until.ts';

export interface KubeApiServerOptions {
  /** Also starts the real kube-controller-manager, with the controllers that need no nodes. */
  readonly controllerManager?: boolean;
  /** Users beside the administrator; RBAC decides what they may do. */
  readonly users?: readonly KubeUser[];
}

/** A real kube-apiserver with its own etcd, RBAC on, on free ports of 127.0.0.1. */
export interface KubeApiServer extends AsyncDisposable {
  readonly url: string;
  /** The administrator's token (user `admin`, group `system:masters`). */
  readonly token: string;
  /** PEM of the authority that vouches for the server, and the file that holds it. */
  readonly caData: string;
  readonly caFile: string;
  readonly kubeconfigYaml: string;
  readonly kubeconfigPath: string;
  /** A kubeconfig with the token of one of `users`, or of any other token. */
  kubeconfigWith(token: string): string;
  /** Every request that reached the server so far, oldest first, but the server's own to itself. */
  auditedRequests(): Promise<readonly AuditedRequest[]>;
}

interface Server {
  readonly folder: string;
  readonly url: string;
  readonly etcdUrl: string;
  readonly token: string;
  readonly users: readonly KubeUser[];
}

/** The controllers whose work needs no node, no cloud and no volume. */
const controllers = [
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'daemonset-controller',
  'deployment-controller',
  'disruption-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'replicaset-controller',
  'replicationcontroller-controller',
  'resourcequota-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'statefulset-controller',
  'ttl-after-finished-controller',
];

/** Starts etcd and kube-apiserver, and returns when /readyz says so and the namespace `default` exists. */
export async function startKubeApiServer(options: KubeApiServerOptions = {}): Promise<KubeApiServer> {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await createTemporaryFolder('kube')).path;
  const etcdUrl = await startEtcd(folder, starting);
  const port = await findFreePort();
  const token = randomBytes(16).toString('hex');
  const server: Server = { folder, url: `https://127.0.0.1:${port}`, etcdUrl, token, users: options.users ?? [] };
  await writeServerFiles(server);
  const caFile = join(folder, 'certificates', 'apiserver.crt');
  starting.use(await startApiServer(server, port));
  const caData = await readFile(caFile, 'utf8');
  const agent = new Agent({ connect: { ca: caData } });
  starting.defer(() => agent.destroy());
  const kubeconfigWith = (userToken: string) => renderKubeconfig({ url: server.url, caData, token: userToken });
  const kubeconfigPath = join(folder, 'kubeconfig');
  await writeFile(kubeconfigPath, kubeconfigWith(token), { mode: 0o600 });
  const get = async (path: string) => {
    const answer = await request(new URL(path, server.url), { dispatcher: agent, headers: { authorization: `Bearer ${token}` } });
    await answer.body.dump();
    return answer.statusCode;
  };
  await waitUntil('the namespace default', async () => (await get('/api/v1/namespaces/default')) === 200);
  if (options.controllerManager) starting.use(await startControllerManager(server, { kubeconfigPath, caFile, get }));
  const parts = starting.move();
  return {
    url: server.url,
    token,
    caData,
    caFile,
    kubeconfigYaml: kubeconfigWith(token),
    kubeconfigPath,
    kubeconfigWith,
    auditedRequests: () => readAuditLog(join(folder, 'audit.log'), get),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function startEtcd(folder: string, owner: AsyncDisposableStack): Promise<string> {
  const [clientUrl, peerUrl] = [`http://127.0.0.1:${await findFreePort()}`, `http://127.0.0.1:${await findFreePort()}`];
  const flags = {
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': clientUrl,
    'advertise-client-urls': clientUrl,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': `default=${peerUrl}`,
    'unsafe-no-fsync': 'true', // nothing here has to survive a power cut
    'log-level': 'warn',
  };
  owner.use(
    await startProcess({
      name: 'etcd',
      program: requirePart('etcd'),
      args: renderFlags(flags),
      stopSignal: 'SIGKILL',
      isReady: async () => (await fetch(`${clientUrl}/health`)).ok,
    }),
  );
  return clientUrl;
}

async function writeServerFiles({ folder, token, users }: Server): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const administrator: KubeUser = { name: 'admin', token, groups: ['system:masters'] };
  await writeFile(join(folder, 'service-accounts.key'), privateKey, { mode: 0o600 });
  await writeFile(join(folder, 'service-accounts.pub'), publicKey);
  await writeFile(join(folder, 'tokens.csv'), renderTokenFile([administrator, ...users]), { mode: 0o600 });
  await writeFile(join(folder, 'audit-policy.json'), JSON.stringify(auditPolicy));
}

function startApiServer({ folder, url, etcdUrl, token }: Server, port: number): Promise<RunningProcess> {
  const certificates = join(folder, 'certificates');
  const flags = {
    'etcd-servers': etcdUrl,
    'bind-address': '127.0.0.1',
    'secure-port': String(port),
    'cert-dir': certificates,
    'token-auth-file': join(folder, 'tokens.csv'),
    'authorization-mode': 'RBAC',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': join(folder, 'service-accounts.pub'),
    'service-account-signing-key-file': join(folder, 'service-accounts.key'),
    'service-cluster-ip-range': '10.96.0.0/16',
    'disable-admission-plugins': 'ServiceAccount', // pods start although nothing makes tokens for them
    'endpoint-reconciler-type': 'none',
    'audit-policy-file': join(folder, 'audit-policy.json'),
    'audit-log-path': join(folder, 'audit.log'),
    'audit-log-mode': 'blocking',
  };
  const isReady = async () => {
    const agent = new Agent({ connect: { ca: await readFile(join(certificates, 'apiserver.crt'), 'utf8') } });
    try {
      const answer = await request(`${url}/readyz`, { dispatcher: agent, headers: { authorization: `Bearer ${token}` } });
      await answer.body.dump();
      return answer.statusCode === 200;
    } finally {
      await agent.destroy();
    }
  };
  // Told to end in order, it waits up to a minute for watches to finish.
  return startProcess({
    name: 'kube-apiserver',
    program: requirePart('kube-apiserver'),
    args: renderFlags(flags),
    stopSignal: 'SIGKILL',
    isReady,
  });
}

interface ControllerManagerFiles {
  readonly kubeconfigPath: string;
  readonly caFile: string;
  readonly get: (path: string) => Promise<number>;
}

async function startControllerManager(
  { folder }: Server,
  { kubeconfigPath, caFile, get }: ControllerManagerFiles,
): Promise<RunningProcess> {
  const flags = {
    kubeconfig: kubeconfigPath,
    controllers: controllers.join(','),
    'use-service-account-credentials': 'false',
    'leader-elect': 'false',
    'secure-port': '0',
    'root-ca-file': caFile,
    'service-account-private-key-file': join(folder, 'service-accounts.key'),
  };
  return startProcess({
    name: 'kube-controller-manager',
    program: requirePart('kube-controller-manager'),
    args: renderFlags(flags),
    stopSignal: 'SIGKILL',
    isReady: async () => (await get('/api/v1/namespaces/default/serviceaccounts/default')) === 200, // its first visible work
  });
}

function renderFlags(flags: Readonly<Record<string, string>>): string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}
