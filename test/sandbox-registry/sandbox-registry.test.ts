import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type SandboxRegistry, startSandboxRegistry } from '../../src/sandbox/index.ts';

const bytes = Buffer.from('a layer');
const digest = digestOf(bytes);

test('a client finds the distribution API', async () => {
  await using registry = await startSandboxRegistry();
  const answer = await fetch(`${registry.url}/v2/`);
  expect([answer.status, answer.headers.get('docker-distribution-api-version')]).toEqual([200, 'registry/2.0']);
});

test('a blob can be pushed whole in one request', async () => {
  await using registry = await startSandboxRegistry();
  const pushed = await fetch(`${registry.url}/v2/acme/web/blobs/uploads/?digest=${digest}`, { method: 'POST', body: bytes });
  expect([pushed.status, await readBlob(registry, 'acme/web')]).toEqual([201, 'a layer']);
});

test('a blob can be pushed in chunks', async () => {
  await using registry = await startSandboxRegistry();
  const begun = await fetch(`${registry.url}/v2/acme/web/blobs/uploads/`, { method: 'POST' });
  const location = `${registry.url}${begun.headers.get('location')}`;
  await fetch(location, { method: 'PATCH', headers: { 'content-range': '0-1' }, body: bytes.subarray(0, 2) });
  const wrongPlace = await fetch(location, { method: 'PATCH', headers: { 'content-range': '9-10' }, body: 'xx' });
  const second = await fetch(location, { method: 'PATCH', headers: { 'content-range': '2-6' }, body: bytes.subarray(2) });
  const ended = await fetch(`${location}?digest=${encodeURIComponent(digest)}`, { method: 'PUT' });
  expect([begun.status, wrongPlace.status, second.headers.get('range'), ended.status]).toEqual([202, 416, '0-6', 201]);
  expect(await readBlob(registry, 'acme/web')).toBe('a layer');
});

test('a blob of another repository can be mounted', async () => {
  await using registry = await startSandboxRegistry();
  await pushBlob(registry, 'acme/base');
  const mounted = await fetch(`${registry.url}/v2/acme/web/blobs/uploads/?mount=${digest}&from=acme/base`, { method: 'POST' });
  expect([mounted.status, await readBlob(registry, 'acme/web')]).toEqual([201, 'a layer']);
});

test('a blob that is not what its digest says is refused', async () => {
  await using registry = await startSandboxRegistry();
  const pushed = await fetch(`${registry.url}/v2/acme/web/blobs/uploads/?digest=${digest}`, { method: 'POST', body: 'other' });
  expect([pushed.status, await errorCode(pushed)]).toEqual([400, 'DIGEST_INVALID']);
});

test('a manifest is kept as it was sent, and found by tag and by digest', async () => {
  const tagged: string[] = [];
  await using registry = await startSandboxRegistry({ onTag: (...event) => tagged.push(event.join(' ')) });
  await pushBlob(registry, 'acme/web');
  const manifest = JSON.stringify({ schemaVersion: 2, layers: [{ digest }] }, null, 3);
  const pushed = await putManifest(registry, 'v1', manifest);
  const found = await Promise.all(['v1', digestOf(Buffer.from(manifest))].map((reference) => readManifest(registry, reference)));
  expect(found).toEqual([manifest, manifest]);
  expect(tagged).toEqual([`acme/web v1 ${pushed.headers.get('docker-content-digest')}`]);
});

test.for([
  { because: 'not JSON', manifest: '{', code: 'MANIFEST_INVALID' },
  {
    because: 'pointing at a blob that is not there',
    manifest: JSON.stringify({ layers: [{ digest }] }),
    code: 'MANIFEST_BLOB_UNKNOWN',
  },
])('a manifest $because is refused', async ({ manifest, code }) => {
  await using registry = await startSandboxRegistry();
  expect(await errorCode(await putManifest(registry, 'v1', manifest))).toBe(code);
});

test('a tag can be deleted alone, a digest with its tags', async () => {
  await using registry = await startSandboxRegistry();
  const pushed = await registry.pushTag('acme/web', 'a', { digestSeed: 'same' });
  await registry.pushTag('acme/web', 'b', { digestSeed: 'same' });
  await registry.pushTag('acme/web', 'c', { digestSeed: 'same' });
  await fetch(`${registry.url}/v2/acme/web/manifests/a`, { method: 'DELETE' });
  const afterTag = await listTags(registry);
  await fetch(`${registry.url}/v2/acme/web/manifests/${pushed}`, { method: 'DELETE' });
  expect([afterTag, await listTags(registry)]).toEqual([['b', 'c'], []]);
});

test('what was pushed in process is a complete image over HTTP', async () => {
  await using registry = await startSandboxRegistry();
  await registry.pushTag('acme/web', '1.0.0');
  const { config, layers } = JSON.parse(await readManifest(registry, '1.0.0'));
  const answers = await Promise.all(
    [config, ...layers].map((each: { digest: string }) => fetch(`${registry.url}/v2/acme/web/blobs/${each.digest}`)),
  );
  const sizes = await Promise.all(answers.map(async (answer) => (await answer.arrayBuffer()).byteLength));
  expect(sizes).toEqual([config, ...layers].map((each: { size: number }) => each.size));
});

test('lists repositories and tags by pages', async () => {
  await using registry = await startSandboxRegistry({ pageSize: 2 });
  for (const repository of ['c', 'a', 'b']) await registry.pushTag(`acme/${repository}`, 'x');
  const first = await fetch(`${registry.url}/v2/_catalog`);
  expect(await first.json()).toEqual({ repositories: ['acme/a', 'acme/b'] });
  expect(first.headers.get('link')).toBe('</v2/_catalog?last=acme%2Fb&n=2>; rel="next"');
});

test('a token opens one repository for what it was given for', async () => {
  await using registry = await startSandboxRegistry({
    auth: { kind: 'bearer', username: 'u', password: 'p', anonymousPull: true },
  });
  await registry.pushTag('acme/web', '1.0.0');
  const { token } = JSON.parse(await (await fetch(`${registry.url}/token?scope=repository:acme/web:pull`)).text());
  const ask = async (path: string, method = 'GET') =>
    (await fetch(`${registry.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } })).status;
  expect(
    await Promise.all([
      ask('/v2/acme/web/tags/list'),
      ask('/v2/acme/other/tags/list'),
      ask('/v2/acme/web/manifests/1.0.0', 'DELETE'),
    ]),
  ).toEqual([200, 401, 401]);
});

test('remembers who asked, and never with what', async () => {
  await using registry = await startSandboxRegistry({ auth: { kind: 'basic', username: 'u', password: 'p' } });
  await fetch(`${registry.url}/v2/`, { headers: { authorization: 'Basic hunter2' } });
  expect(registry.requests).toEqual([{ method: 'GET', path: '/v2/', authorization: 'basic', status: 401 }]);
});

async function pushBlob(registry: SandboxRegistry, repository: string): Promise<void> {
  await fetch(`${registry.url}/v2/${repository}/blobs/uploads/?digest=${digest}`, { method: 'POST', body: bytes });
}

async function readBlob(registry: SandboxRegistry, repository: string): Promise<string> {
  return (await fetch(`${registry.url}/v2/${repository}/blobs/${digest}`)).text();
}

function putManifest(registry: SandboxRegistry, tag: string, manifest: string): Promise<Response> {
  const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
  return fetch(`${registry.url}/v2/acme/web/manifests/${tag}`, { method: 'PUT', headers, body: manifest });
}

async function readManifest(registry: SandboxRegistry, reference: string): Promise<string> {
  return (await fetch(`${registry.url}/v2/acme/web/manifests/${reference}`)).text();
}

async function listTags(registry: SandboxRegistry): Promise<unknown> {
  return JSON.parse(await (await fetch(`${registry.url}/v2/acme/web/tags/list`)).text()).tags;
}

async function errorCode(answer: Response): Promise<unknown> {
  return JSON.parse(await answer.text()).errors[0].code;
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
