import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Agent, request } from 'undici';
import { type Certificate, createCertificate } from './certificate.ts';
import { findFreePort } from './free-port.ts';
import { requirePart } from './parts.ts';
import { startProcess } from './start-process.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

export interface DockerRegistryOptions {
  readonly auth?: { readonly username: string; readonly password: string };
  /** Serves https with a certificate that only `caPem` vouches for. */
  readonly tls?: boolean;
}

export interface PushOptions {
  /** Tags pushed with the same content share a digest; without it the tag itself is the content. */
  readonly content?: string;
  /** The image's labels. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly created?: Date;
}

/** Debian's docker-registry (CNCF Distribution 2.8) on a free port of 127.0.0.1, with an empty store of its own. */
export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`, as it stands in an image name. */
  readonly host: string;
  readonly url: string;
  /** The authority to trust, with `tls`. */
  readonly caPem: string | null;
  /** Pushes an image of a few hundred bytes; answers with its digest. */
  pushTag(repository: string, tag: string, options?: PushOptions): Promise<string>;
  /** Pushes one image under many tags, at one request a tag. */
  pushTags(repository: string, tags: readonly string[], options?: PushOptions): Promise<string>;
  /** Another name for a repository: what it has now and later, without a push of each. */
  linkRepository(repository: string, as: string): Promise<void>;
  /** Deletes the manifest that the tag names, and with it every other tag of that digest. */
  deleteTag(repository: string, tag: string): Promise<void>;
  /** The registry's access log: every request that was answered, oldest first, its own pushes too. */
  requests(): readonly AnsweredRequest[];
}

export interface AnsweredRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

interface RegistryClient {
  send(method: Method, path: string, body?: Body): Promise<Answer>;
}

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';

interface Body {
  readonly type: string;
  readonly bytes: Buffer;
}

interface Answer {
  readonly status: number;
  header(name: string): string;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
const emptyTar = Buffer.alloc(1024);
const layer = gzipSync(emptyTar);

/** Starts the registry; without `auth` anybody may pull and push. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await createTemporaryFolder('registry'));
  const certificate = options.tls ? await createCertificate(folder.path) : null;
  const port = await findFreePort();
  const url = `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`;
  const agent = new Agent(certificate ? { connect: { ca: certificate.caPem } } : {});
  starting.defer(() => agent.destroy());
  const client = createClient(url, agent, options);
  const configuration = join(folder.path, 'config.yml');
  const passwords = options.auth ? await writePasswords(folder.path, options.auth) : null;
  await writeFile(configuration, describeRegistry({ folder: folder.path, port, certificate, passwords }));
  const server = starting.use(
    await startProcess({
      name: 'docker-registry',
      program: requirePart('docker-registry'),
      args: ['serve', configuration],
      stopSignal: 'SIGKILL',
      isReady: async () => (await client.send('GET', '/v2/')).status === 200,
    }),
  );
  const repositories = join(storeOf(folder.path), 'docker', 'registry', 'v2', 'repositories');
  const parts = starting.move();
  return {
    host: `127.0.0.1:${port}`,
    url,
    caPem: certificate?.caPem ?? null,
    pushTag: (repository, tag, push) => pushImage(client, repository, [tag], push),
    pushTags: (repository, tags, push) => pushImage(client, repository, tags, push),
    linkRepository: (repository, as) => symlink(join(repositories, repository), join(repositories, as)),
    deleteTag: (repository, tag) => deleteManifest(client, repository, tag),
    requests: () => parseAccessLog(server.output()),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

interface RegistrySettings {
  readonly folder: string;
  readonly port: number;
  readonly certificate: Certificate | null;
  readonly passwords: string | null;
}

const storeOf = (folder: string) => join(folder, 'store');

/** JSON is YAML, which the registry reads. */
function describeRegistry({ folder, port, certificate, passwords }: RegistrySettings): string {
  const tls = certificate && { certificate: certificate.certificateFile, key: certificate.keyFile };
  return JSON.stringify({
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: storeOf(folder) }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: randomBytes(16).toString('hex'), ...(tls && { tls }) },
    ...(passwords && { auth: { htpasswd: { realm: 'registry', path: passwords } } }),
  });
}

async function writePasswords(folder: string, auth: { readonly username: string; readonly password: string }): Promise<string> {
  const file = join(folder, 'htpasswd');
  const hashing = execFile(requirePart('htpasswd'), ['-i', '-n', '-B', '-C', '5', auth.username]); // the registry takes bcrypt alone
  hashing.stdin?.end(auth.password);
  await writeFile(file, (await hashing.stdout?.toArray())?.join('') ?? '');
  return file;
}

function createClient(url: string, agent: Agent, { auth }: DockerRegistryOptions): RegistryClient {
  const basic = auth && Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
  return {
    send: async (method, path, body) => {
      const headers = {
        accept: manifestType,
        ...(basic && { authorization: `Basic ${basic}` }),
        ...(body && { 'content-type': body.type }),
      };
      const response = await request(new URL(path, url), { method, dispatcher: agent, headers, body: body?.bytes ?? null });
      await response.body.dump();
      return { status: response.statusCode, header: (name) => String(response.headers[name] ?? '') };
    },
  };
}

async function pushImage(
  client: RegistryClient,
  repository: string,
  tags: readonly string[],
  options: PushOptions = {},
): Promise<string> {
  const config = describeImage(options.content ?? tags[0] ?? '', options);
  await pushBlob(client, repository, layer);
  await pushBlob(client, repository, config);
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: configType, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: layerType, digest: digestOf(layer), size: layer.length }],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  for (const tag of tags)
    await sendExpecting(client, 201, 'PUT', `/v2/${repository}/manifests/${tag}`, { type: manifestType, bytes });
  return digestOf(bytes);
}

function describeImage(content: string, { labels, created }: PushOptions): Buffer {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: (created ?? new Date(0)).toISOString(),
    config: { Labels: { 'org.opencontainers.image.version': content, ...labels } },
    rootfs: { type: 'layers', diff_ids: [digestOf(emptyTar)] },
  };
  return Buffer.from(JSON.stringify(config));
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function pushBlob(client: RegistryClient, repository: string, bytes: Buffer): Promise<void> {
  const digest = digestOf(bytes);
  const known = await client.send('HEAD', `/v2/${repository}/blobs/${digest}`);
  if (known.status === 200) return;
  const upload = await sendExpecting(client, 202, 'POST', `/v2/${repository}/blobs/uploads/`);
  const { pathname, searchParams } = new URL(upload.header('location'), 'http://registry');
  searchParams.set('digest', digest);
  await sendExpecting(client, 201, 'PUT', `${pathname}?${searchParams}`, { type: 'application/octet-stream', bytes });
}

async function deleteManifest(client: RegistryClient, repository: string, tag: string): Promise<void> {
  const found = await sendExpecting(client, 200, 'HEAD', `/v2/${repository}/manifests/${tag}`);
  await sendExpecting(client, 202, 'DELETE', `/v2/${repository}/manifests/${found.header('docker-content-digest')}`);
}

async function sendExpecting(client: RegistryClient, status: number, method: Method, path: string, body?: Body): Promise<Answer> {
  const answer = await client.send(method, path, body);
  if (answer.status !== status)
    throw new Error(`${method} ${path} on the test's registry: answered ${answer.status}, not ${status}`);
  return answer;
}

/** Lines in the combined log format, such as `127.0.0.1 - - [date] "GET /v2/ HTTP/1.1" 200 2 "" "agent"`. */
function parseAccessLog(log: string): AnsweredRequest[] {
  const lines = log.matchAll(/"(?<method>[A-Z]+) (?<path>\S+) HTTP\/[\d.]+" (?<status>\d{3}) /g);
  return lines
    .map(({ groups = {} }) => ({ method: `${groups['method']}`, path: `${groups['path']}`, status: Number(groups['status']) }))
    .toArray();
}
