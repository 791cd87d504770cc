import { generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import type { OciRepository } from '../../src/api/index.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { signed } from '../signature/recorded-repository.ts';
import { type ArtifactPlace, digestOf, pushBlob, pushManifest, signImage } from './support/push-artifact.ts';
import { type Difference, secret } from './support/resources.ts';
import { type Loop, startLoop } from './support/start-loop.ts';

const contentType = 'application/vnd.cncf.flux.content.v1.tar+gzip';
const configMap = (step: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\n  namespace: default\ndata:\n  step: "${step}"\n`;

async function layerOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

interface Pushed {
  readonly files?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Further layers before the content. */
  readonly before?: readonly { readonly mediaType: string; readonly bytes: Buffer }[];
}

/** As `flux push artifact` lays it out. */
async function pushContent(place: ArtifactPlace, tag: string, { files = {}, annotations, before = [] }: Pushed): Promise<string> {
  const layers = [...before, { mediaType: contentType, bytes: await layerOf(files) }];
  const config = Buffer.from('{}');
  return pushManifest(place, tag, {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.cncf.flux.config.v1+json', size: 2, digest: await pushBlob(place, config) },
    layers: await Promise.all(
      layers.map(async ({ mediaType, bytes }) => ({ mediaType, size: bytes.length, digest: await pushBlob(place, bytes) })),
    ),
    ...(annotations === undefined ? {} : { annotations }),
  });
}

const ociRepository = (loop: Loop, spec: Difference = {}): KubeObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'OCIRepository',
  metadata: { name: 'app', namespace: 'default' },
  spec: { interval: '1h', url: `oci://${loop.registry.host}/team/app`, insecure: true, ...spec },
});

const kustomization: KubeObject = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'app', namespace: 'default' },
  spec: { interval: '1h', prune: true, path: './apps', sourceRef: { kind: 'OCIRepository', name: 'app' } },
};

async function start(): Promise<{ loop: Loop; place: ArtifactPlace }> {
  const loop = await startLoop({ source: null, repository: null, policy: null, automation: null });
  return { loop, place: { host: loop.registry.host, repository: 'team/app' } };
}

const source = async (loop: Loop) => (await loop.get('OCIRepository', 'app')) as OciRepository;
const stepOf = async (loop: Loop) => {
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'app' };
  return ((await loop.cluster.get(ref))?.['data'] as { step?: string } | undefined)?.step;
};

describe('an OCIRepository', () => {
  test('follows a tag: what is pushed there is applied, and status tells what it is', async () => {
    const { loop, place } = await start();
    await using _ = loop;
    const annotations = {
      'org.opencontainers.image.source': 'https://git.example/app',
      'org.opencontainers.image.revision': 'main@sha1:1',
    };
    const digest = await pushContent(place, 'latest', { files: { 'apps/app.yaml': configMap('1') }, annotations });
    await loop.apply(ociRepository(loop), kustomization);
    expect((await loop.ready('OCIRepository', 'app')).message).toBe(`stored artifact for digest 'latest@${digest}'`);
    await loop.ready('Kustomization', 'app');
    expect(await stepOf(loop)).toBe('1');
    expect((await source(loop)).status?.artifact).toMatchObject({ revision: `latest@${digest}`, metadata: annotations });

    const next = await pushContent(place, 'latest', { files: { 'apps/app.yaml': configMap('2') } });
    await loop.request('OCIRepository', 'app');
    await loop.until('the next step', async () => (await stepOf(loop)) === '2');
    expect((await source(loop)).status?.artifact?.revision).toBe(`latest@${next}`);
    expect((await source(loop)).status?.artifact?.metadata).toBeUndefined();
  });

  test('asks for nothing but the digest while that stays the same', async () => {
    const { loop, place } = await start();
    await using _ = loop;
    await pushContent(place, 'latest', { files: { 'apps/app.yaml': configMap('1') } });
    await loop.apply(ociRepository(loop));
    await loop.ready('OCIRepository', 'app');
    const before = loop.registry.requests.length;
    await loop.request('OCIRepository', 'app');
    const asked = loop.registry.requests.slice(before);
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(['HEAD /v2/team/app/manifests/latest']);
  });

  test.for<{ because: string; ref: object; tag: string }>([
    { because: 'the highest version of a range', ref: { semver: '1.x' }, tag: '1.10.0' },
    { because: 'a version goes before a tag', ref: { semver: '<1.2.0', tag: '2.0.0' }, tag: '1.1.0' },
    {
      because: 'the highest version that passes the filter',
      ref: { semver: '>=1.0.0-0', semverFilter: '.*-rc.*' },
      tag: '2.1.0-rc.1',
    },
    { because: 'a tag by its name', ref: { tag: 'edge' }, tag: 'edge' },
  ])('takes $because: $tag', async ({ ref, tag }) => {
    const { loop, place } = await start();
    await using _ = loop;
    const tags = ['1.1.0', '1.10.0', '1.9.0', '2.0.0', '2.1.0-rc.1', 'edge', 'not-a-version'];
    const digests = new Map<string, string>();
    for (const one of tags) digests.set(one, await pushContent(place, one, { files: { 'a.yaml': `# ${one}\n` } }));
    await loop.apply(ociRepository(loop, { ref }));
    await loop.ready('OCIRepository', 'app');
    expect((await source(loop)).status?.artifact?.revision).toBe(`${tag}@${digests.get(tag)}`);
  });

  test('a digest goes before everything, and is the revision', async () => {
    const { loop, place } = await start();
    await using _ = loop;
    const digest = await pushContent(place, 'old', { files: { 'a.yaml': 'a' } });
    await pushContent(place, 'latest', { files: { 'a.yaml': 'b' } });
    await loop.apply(ociRepository(loop, { ref: { digest, semver: '1.x', tag: 'latest' } }));
    await loop.ready('OCIRepository', 'app');
    expect((await source(loop)).status?.artifact?.revision).toBe(digest);
  });

  test('takes the layer of a media type, keeps the rules, and can serve it as it is', async () => {
    const loop = await startLoop({ ...{ source: null, repository: null, policy: null, automation: null }, asleep: true });
    await using _ = loop;
    await loop.startApp({ artifacts: { host: '127.0.0.1', port: 0 } });
    const place = { host: loop.registry.host, repository: 'team/app' };
    const wanted = await layerOf({ 'apps/app.yaml': configMap('layer'), 'notes.md': 'x', '.sourceignore': '*.md\n' });
    const before = [{ mediaType: 'application/vnd.other.tar+gzip', bytes: wanted }];
    await pushContent(place, 'latest', { files: { 'x.yaml': 'x' }, before });
    const layerSelector = { mediaType: 'application/vnd.other.tar+gzip', operation: 'copy' };
    await loop.apply(ociRepository(loop, { layerSelector }));
    await loop.ready('OCIRepository', 'app');
    const { artifact, url = '', observedLayerSelector } = (await source(loop)).status ?? {};
    expect(observedLayerSelector).toEqual(layerSelector);
    expect(artifact?.digest).toBe(digestOf(wanted));
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(wanted)).toBe(true);
    expect(url).toMatch(/\/ocirepository\/default\/app\/latest\.tar\.gz$/);
    await loop.patch('OCIRepository', 'app', { spec: { layerSelector: { operation: 'extract' } } });
    await loop.ready('OCIRepository', 'app');
    await loop.apply(kustomization);
    await loop.ready('Kustomization', 'app');
    expect(await stepOf(loop)).toBe('layer');
    expect((await source(loop)).status?.artifact?.digest).not.toBe(digestOf(wanted));
  });
});

describe('what is wrong is told', () => {
  test.for<{ because: string; spec: Difference; reason: string; says: RegExp }>([
    { because: 'no such tag', spec: { ref: { tag: 'none' } }, reason: 'OCIArtifactPullFailed', says: /has no tag "none"/ },
    {
      because: 'no version in the range',
      spec: { ref: { semver: '9.x' } },
      reason: 'ReadOperationFailed',
      says: /no match found for semver: 9\.x/,
    },
    {
      because: 'a range that is none',
      spec: { ref: { semver: 'one' } },
      reason: 'ReadOperationFailed',
      says: /failed to determine the artifact tag/,
    },
    {
      because: 'a url with a tag',
      spec: { url: 'oci://registry.example/app:1.0' },
      reason: 'URLInvalid',
      says: /should not include a tag/,
    },
    {
      because: 'no layer of the media type',
      spec: { layerSelector: { mediaType: 'text/plain' } },
      reason: 'OCIArtifactLayerOperationFailed',
      says: /failed to find layer with media type 'text\/plain'/,
    },
    {
      because: 'a secret that is missing',
      spec: { secretRef: { name: 'gone' } },
      reason: 'AuthenticationFailed',
      says: /secrets "gone" not found/,
    },
  ])('$because: $reason', async ({ spec, reason, says }) => {
    const { loop, place } = await start();
    await using _ = loop;
    await pushContent(place, 'latest', { files: { 'a.yaml': 'a' } });
    await loop.apply(ociRepository(loop, spec));
    const ready = await loop.ready('OCIRepository', 'app', 'False');
    expect(ready).toMatchObject({ reason, message: expect.stringMatching(says) });
    expect(await loop.condition('OCIRepository', 'app', 'FetchFailed')).toMatchObject({ status: 'True', reason });
  });

  test('a layer whose content leaves the artifact is not unpacked', async () => {
    const { loop, place } = await start();
    await using _ = loop;
    await pushContent(place, 'latest', { files: { '../../evil.yaml': 'x' } });
    await loop.apply(ociRepository(loop));
    expect((await loop.ready('OCIRepository', 'app', 'False')).message).toContain('the path "../../evil.yaml" leaves it');
  });
});

describe('a signature', () => {
  test('of a trusted key lets the artifact through; another one, or none, does not', async () => {
    const { loop, place } = await start();
    await using _ = loop;
    const [trusted, other] = [
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    ];
    const pem = trusted.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const first = await pushContent(place, 'latest', { files: { 'apps/app.yaml': configMap('1') } });
    await loop.apply(
      secret('keys', { 'cosign.pub': pem }),
      ociRepository(loop, { verify: { secretRef: { name: 'keys' } } }),
      kustomization,
    );
    expect(await loop.ready('OCIRepository', 'app', 'False')).toMatchObject({
      reason: 'VerificationError',
      message: expect.stringContaining(
        "failed to verify the signature using provider 'cosign': no matching signatures were found",
      ),
    });
    expect(await stepOf(loop)).toBeUndefined();

    await signImage(place, first, trusted.privateKey);
    await loop.request('OCIRepository', 'app');
    await loop.ready('OCIRepository', 'app');
    expect(await loop.condition('OCIRepository', 'app', 'SourceVerified')).toMatchObject({
      ...{ status: 'True', message: `verified signature of revision latest@${first}` },
    });
    await loop.ready('Kustomization', 'app');

    const forged = await pushContent(place, 'latest', { files: { 'apps/app.yaml': configMap('forged') } });
    await signImage(place, forged, other.privateKey);
    await loop.request('OCIRepository', 'app');
    expect((await loop.ready('OCIRepository', 'app', 'False')).reason).toBe('VerificationError');
    expect(await stepOf(loop)).toBe('1');
    expect((await source(loop)).status?.artifact?.revision).toBe(`latest@${first}`);
  });

  test('without a key needs a root of trust: none is asked for on the net', async () => {
    const { loop, place } = await start();
    await using _ = loop;
    await pushContent(place, 'latest', { files: { 'apps/app.yaml': configMap('1') } });
    await loop.apply(ociRepository(loop, { verify: { provider: 'cosign' } }));
    const { reason, message } = await loop.ready('OCIRepository', 'app', 'False');
    expect(reason).toBe('NotImplemented');
    expect(message).toMatch(
      /spec\.verify\.trustedRootSecretRef\.name, or into a ConfigMap for `tagalong run --sigstore-trusted-root`/,
    );
    expect(await loop.condition('OCIRepository', 'app', 'Stalled')).toMatchObject({ status: 'True', reason: 'NotImplemented' });
  });

  test('without a key is checked by the root of trust that the bot was given', async () => {
    const { loop, place } = await start();
    await using _ = loop;
    await loop.stopApp();
    await loop.startApp({ trustedRoot: { namespace: 'default', name: 'sigstore-root' } });
    const unsigned = await pushContent(place, 'latest', { files: { 'apps/app.yaml': configMap('1') } });
    const data = { 'trusted_root.json': JSON.stringify(signed.trustedRoot) };
    const root = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'sigstore-root', namespace: 'default' }, data };
    await loop.apply(root as KubeObject, ociRepository(loop, { verify: { provider: 'cosign' } }));
    const { reason, message } = await loop.ready('OCIRepository', 'app', 'False');
    expect([reason, message]).toEqual([
      'VerificationError',
      expect.stringContaining(`'cosign keyless': no matching signatures were found for 'latest@${unsigned}'`),
    ]);
  });
});
