import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWithParts } from './describe-with-parts.ts';
import {
  findPart,
  type KubeApiServer,
  kustomizeCommand,
  partNames,
  requirePart,
  simulateNodes,
  startDockerRegistry,
  startGitHttp,
  startKubeApiServer,
  startSshGit,
  waitUntil,
} from './index.ts';

const execute = promisify(execFile);

describeWithParts(partNames, 'the list of parts', () => {
  test.for(partNames)('%s is a program on this machine', (name) => {
    expect(findPart(name)).toMatch(/^\//);
  });
});

describeWithParts(['kubectl', 'kustomize', 'helm'], 'kubectl, kustomize and helm', () => {
  test('kustomize builds a folder with a name prefix', async () => {
    await using folder = await createFolder();
    await writeFile(join(folder.path, 'settings.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n');
    await writeFile(join(folder.path, 'kustomization.yaml'), 'namePrefix: blue-\nresources: [settings.yaml]\n');
    const [program, ...args] = kustomizeCommand();
    const { stdout } = await execute(
      program,
      [...args, program.endsWith('kustomize') ? 'build' : '', folder.path].filter(Boolean),
    );
    expect(stdout).toContain('name: blue-settings');
  });

  test('helm answers with its version', async () => {
    const { stdout } = await execute(requirePart('helm'), ['version', '--short']);
    expect(stdout).toMatch(/^v[34]\./);
  });
});

describeWithParts(['git', 'git-http-backend'], 'git over HTTP', () => {
  test('a commit that was pushed is cloned again', async () => {
    await using server = await startGitHttp();
    await server.createRepository('fleet');
    await using folder = await createFolder();
    await pushFile(folder.path, server.url('fleet'));
    expect(await cloneFile(folder.path, server.url('fleet'))).toBe('hello\n');
    expect(server.requests).toContainEqual({ method: 'POST', path: '/fleet.git/git-receive-pack' });
  });

  test.for([
    { scheme: 'basic', server: { basic: { username: 'bot', password: 'right' } }, right: 'bot:right', wrong: 'bot:wrong' },
    { scheme: 'bearer', server: { bearer: 'right' }, right: 'right', wrong: 'wrong' },
  ])('with $scheme authentication only the right credentials are let in', async ({ scheme, server: options, right, wrong }) => {
    await using server = await startGitHttp(options);
    await server.createRepository('fleet');
    const list = (credentials: string) =>
      runGit(['-c', `http.extraHeader=${authorization(scheme, credentials)}`, 'ls-remote', server.url('fleet')]);
    await expect(list(right)).resolves.toBeDefined();
    await expect(list(wrong)).rejects.toThrow(/Authentication failed|could not read Username/);
  });
});

describeWithParts(['git', 'git-http-backend', 'openssl'], 'git over HTTPS', () => {
  test('the server is trusted by its own authority alone', async () => {
    await using server = await startGitHttp({ tls: true });
    await server.createRepository('fleet');
    await using folder = await createFolder();
    const authority = join(folder.path, 'ca.pem');
    await writeFile(authority, `${server.caPem}`);
    await expect(runGit(['-c', `http.sslCAInfo=${authority}`, 'ls-remote', server.url('fleet')])).resolves.toBeDefined();
    await expect(runGit(['ls-remote', server.url('fleet')])).rejects.toThrow(/certificate/);
  });
});

describeWithParts(['git', 'sshd', 'ssh-keygen'], 'git over ssh', () => {
  test('a commit that was pushed is cloned again, with the key and the known host', async () => {
    await using server = await startSshGit();
    await server.createRepository('fleet');
    await using folder = await createFolder();
    const environment = { GIT_SSH_COMMAND: await writeSshCommand(folder.path, server.identity, server.knownHosts) };
    await pushFile(folder.path, server.url('fleet'), environment);
    expect(await cloneFile(folder.path, server.url('fleet'), environment)).toBe('hello\n');
  });

  test('a server with another key than the known one is refused', async () => {
    await using server = await startSshGit();
    await server.createRepository('fleet');
    await using folder = await createFolder();
    const environment = { GIT_SSH_COMMAND: await writeSshCommand(folder.path, server.identity, server.otherKnownHosts) };
    await expect(runGit(['ls-remote', server.url('fleet')], environment)).rejects.toThrow(/Host key verification failed/);
  });
});

describeWithParts(['docker-registry'], 'the OCI registry', () => {
  test('a pushed tag is listed and resolves to its digest, until it is deleted', async () => {
    await using registry = await startDockerRegistry();
    const digest = await registry.pushTag('acme/web', '1.0.0');
    await registry.pushTag('acme/web', '1.1.0');
    expect((await fetchTags(registry.url)).toSorted()).toEqual(['1.0.0', '1.1.0']);
    const manifest = await request(`${registry.url}/v2/acme/web/manifests/1.0.0`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
    });
    await manifest.body.dump();
    expect(manifest.headers['docker-content-digest']).toBe(digest);
    await registry.deleteTag('acme/web', '1.0.0');
    expect(await fetchTags(registry.url)).toEqual(['1.1.0']);
    expect(registry.requests()).toContainEqual({ method: 'GET', path: '/v2/acme/web/tags/list', status: 200 });
  });

  test('many tags of one image take one request each', async () => {
    await using registry = await startDockerRegistry();
    const tags = Array.from({ length: 50 }, (_, index) => `1.0.${index}`);
    await registry.pushTags('acme/web', tags);
    expect(registry.requests().filter(({ path }) => path.includes('/manifests/'))).toHaveLength(50);
    expect((await fetchTags(registry.url)).toSorted()).toEqual(tags.toSorted());
  });
});

describeWithParts(['docker-registry', 'htpasswd', 'openssl'], 'the OCI registry with a password and TLS', () => {
  test('only the right password over the trusted certificate is let in', async () => {
    await using registry = await startDockerRegistry({ auth: { username: 'bot', password: 'right' }, tls: true });
    await registry.pushTag('acme/web', '1.0.0');
    const dispatcher = new Agent({ connect: { ca: `${registry.caPem}` } });
    const ask = async (headers: Record<string, string>) =>
      (await request(`${registry.url}/v2/`, { dispatcher, headers })).statusCode;
    expect(await ask({ authorization: `Basic ${Buffer.from('bot:right').toString('base64')}` })).toBe(200);
    expect(await ask({})).toBe(401);
    await expect(request(`${registry.url}/v2/`)).rejects.toThrow(/certificate/);
    await dispatcher.destroy();
  });
});

describeWithParts(['kube-apiserver', 'kube-controller-manager', 'etcd', 'kubectl'], 'a Kubernetes API without nodes', () => {
  let cluster: KubeApiServer;
  const tenant = { name: 'tenant', token: 'tenant-token', groups: ['tenants'] };

  beforeAll(async () => {
    cluster = await startKubeApiServer({ controllerManager: true, users: [tenant] });
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const kubectl = async (...args: string[]) => {
    const { stdout } = await execute(requirePart('kubectl'), ['--kubeconfig', cluster.kubeconfigPath, ...args]);
    return stdout;
  };

  test('the server says the version that was built', async () => {
    expect(await kubectl('version')).toMatch(/Server Version: v1\.\d+\.\d+$/m);
  });

  test('a Deployment becomes available where its image can be pulled', async () => {
    await using _nodes = simulateNodes(cluster);
    await kubectl('create', 'deployment', 'web', '--image=web:1.0.0', '--replicas=2');
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
    expect(await kubectl('get', 'deployment/web', '-o', 'jsonpath={.status.availableReplicas}')).toBe('2');
  });

  test('a pod waits with ImagePullBackOff until its image can be pulled', async () => {
    const pushed = new Set<string>();
    await using _nodes = simulateNodes(cluster, { canPull: (image) => pushed.has(image) });
    await kubectl('create', 'deployment', 'late', '--image=late:1.0.0');
    const reason = () =>
      kubectl('get', 'pods', '-l', 'app=late', '-o', 'jsonpath={.items[0].status.containerStatuses[0].state.waiting.reason}');
    await waitUntil('the pod to wait', async () => (await reason()) === 'ImagePullBackOff');
    pushed.add('late:1.0.0');
    await kubectl('rollout', 'status', 'deployment/late', '--timeout=60s');
  });

  test('a deleted namespace goes, with what was in it', async () => {
    await kubectl('create', 'namespace', 'gone');
    await kubectl('create', 'configmap', 'settings', '--namespace=gone');
    await kubectl('delete', 'namespace', 'gone', '--timeout=60s');
    expect(await kubectl('get', 'namespaces', '-o', 'name')).not.toContain('gone');
  });

  test('RBAC refuses a user without a role', async () => {
    await expect(kubectl('--token', tenant.token, 'get', 'secrets')).rejects.toThrow(/Forbidden/);
  });

  test('the audit log names each request once, with who sent it and the answer', async () => {
    await kubectl('create', 'configmap', 'audited', '--as=somebody', '--as-group=system:masters');
    const created = (await cluster.auditedRequests()).filter(({ verb, uri }) => verb === 'create' && uri.includes('/configmaps'));
    expect(created.filter(({ impersonated }) => impersonated === 'somebody')).toEqual([
      expect.objectContaining({ user: 'admin', code: 201 }),
    ]);
  });
});

describe('a test process that is killed', () => {
  test('leaves no process and no folder behind', async () => {
    const child = fork(join(import.meta.dirname, 'fixtures', 'starts-a-process.ts'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [{ pid, folder }]: [{ pid: number; folder: string }] = await once(child, 'message').then(([message]) => [message]);
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGKILL');
    await waitUntil('the process to end and the folder to go', () => !isAlive(pid) && !existsSync(folder));
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function createFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'tagalong-parts-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function runGit(args: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const { PATH = '' } = process.env;
  const nobody = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'false' };
  const { stdout } = await execute(requirePart('git'), args, { env: { PATH, ...nobody, ...environment } });
  return stdout;
}

async function pushFile(folder: string, url: string, environment: Record<string, string> = {}): Promise<void> {
  const work = join(folder, 'work');
  await mkdir(work);
  await writeFile(join(work, 'file.txt'), 'hello\n');
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
  await runGit(['-C', work, 'init', '--quiet', '--initial-branch=main']);
  await runGit(['-C', work, 'add', 'file.txt']);
  await runGit(['-C', work, ...identity, 'commit', '--quiet', '--message', 'add a file']);
  await runGit(['-C', work, 'push', '--quiet', url, 'main'], environment);
}

async function cloneFile(folder: string, url: string, environment: Record<string, string> = {}): Promise<string> {
  await runGit(['clone', '--quiet', url, join(folder, 'clone')], environment);
  return readFile(join(folder, 'clone', 'file.txt'), 'utf8');
}

function authorization(scheme: string, credentials: string): string {
  return scheme === 'basic'
    ? `Authorization: Basic ${Buffer.from(credentials).toString('base64')}`
    : `Authorization: Bearer ${credentials}`;
}

async function writeSshCommand(folder: string, identity: string, knownHosts: string): Promise<string> {
  const [identityFile, knownHostsFile] = [join(folder, 'identity'), join(folder, 'known_hosts')];
  await writeFile(identityFile, identity);
  await chmod(identityFile, 0o600);
  await writeFile(knownHostsFile, knownHosts);
  return `ssh -F /dev/null -i ${identityFile} -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${knownHostsFile}`;
}

async function fetchTags(url: string): Promise<string[]> {
  const answer = await request(`${url}/v2/acme/web/tags/list`);
  const { tags } = (await answer.body.json()) as { readonly tags: string[] };
  return tags;
}
