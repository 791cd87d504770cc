import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ImagePolicy } from '../../src/api/index.ts';
import { applyGuard, automationWaits, guardedFor, minuteMs } from './support/guard-loop.ts';
import { digestOf, pushBlob, pushManifest, resolveTag, signImage } from './support/push-artifact.ts';
import { secret, updateGuard } from './support/resources.ts';
import { type Loop, startLoop } from './support/start-loop.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const keys = secret('keys', { 'cosign.pub': publicKey.export({ type: 'spki', format: 'pem' }).toString() });
const signedOnly = updateGuard({ verify: [{ secretRef: { name: 'keys' } }] });
const web = 'apps/web.yaml';

const placeOf = (loop: Loop) => ({ host: loop.registry.host, repository: 'web' });

/** Pushes tags, signs some, then has the repository scanned once. */
async function pushTags(
  loop: Loop,
  tags: Readonly<Record<string, 'signed' | 'unsigned' | 'by a stranger' | 'of another'>>,
): Promise<void> {
  const place = placeOf(loop);
  for (const [tag, how] of Object.entries(tags)) {
    const digest = await loop.registry.pushTag('web', tag);
    if (how === 'signed') await signImage(place, digest, privateKey);
    if (how === 'by a stranger') await signImage(place, digest, stranger);
    if (how === 'of another') await signImage(place, digest, privateKey, `sha256:${'0'.repeat(64)}`);
  }
  await loop.request('ImageRepository', 'web');
}

async function picks(loop: Loop, tag: string): Promise<ImagePolicy> {
  return loop.until(`the policy to pick ${tag}`, async () => {
    const policy = (await loop.get('ImagePolicy', 'web')) as unknown as ImagePolicy;
    return policy.status?.latestRef?.tag === tag && policy;
  });
}

test('of an unsigned, a wrongly signed and a signed tag the newest signed one lands, by the digest that was verified', async () => {
  await using loop = await startLoop({ extra: [keys] });
  await loop.settles();
  await applyGuard(loop, signedOnly);
  await pushTags(loop, {
    '1.1.0': 'signed',
    '1.2.0': 'signed',
    '1.3.0': 'by a stranger',
    '1.4.0': 'of another',
    '1.5.0': 'unsigned',
  });
  const digest = await resolveTag(placeOf(loop), '1.2.0');
  await loop.lands(web, `${loop.image('web', '1.2.0')}@${digest} #`);
  const condition = await loop.until('the policy to say why', async () => loop.condition('ImagePolicy', 'web', 'Guarded'));
  expect(condition).toMatchObject({ status: 'True', reason: 'NewerRefused' });
  expect(condition.message.split('\n').map((line) => line.slice(0, 5))).toEqual(['1.5.0', '1.4.0', '1.3.0']);
  const refused = await guardedFor(loop, 'NotSigned', 3);
  expect(refused.map(({ decision, policy, candidate }) => [decision, policy, candidate.slice(0, 12)])).toEqual([
    ['Refuse', 'default/web', '1.5.0@sha256'],
    ['Refuse', 'default/web', '1.4.0@sha256'],
    ['Refuse', 'default/web', '1.3.0@sha256'],
  ]);
});

test('a signature that comes after its image lets the newer tag land by itself', async () => {
  await using loop = await startLoop({ extra: [keys] });
  await loop.settles();
  await applyGuard(loop, signedOnly);
  await pushTags(loop, { '1.1.0': 'signed', '1.2.0': 'unsigned' });
  await loop.lands(web, ':1.1.0@');
  await signImage(placeOf(loop), await resolveTag(placeOf(loop), '1.2.0'), privateKey);
  loop.clock.skip(minuteMs + 1000);
  await loop.lands(web, ':1.2.0@');
  await loop.until('nothing to be refused', async () => (await loop.condition('ImagePolicy', 'web', 'Guarded')) === undefined);
});

test('a tag that is pointed elsewhere after it was verified changes nothing: the digest stays', async () => {
  await using loop = await startLoop({ extra: [keys] });
  await loop.settles();
  await applyGuard(loop, signedOnly);
  await pushTags(loop, { '1.1.0': 'signed' });
  const digest = await resolveTag(placeOf(loop), '1.1.0');
  await loop.lands(web, `:1.1.0@${digest}`);
  await loop.registry.pushTag('web', '1.1.0', { digestSeed: 'evil' });
  await loop.request('ImageRepository', 'web');
  await loop.request('ImagePolicy', 'web');
  expect((await picks(loop, '1.1.0')).status?.latestRef?.digest).toBe(digest);
  await loop.request('ImageUpdateAutomation', 'fleet');
  expect(await loop.main.file(web)).toContain(`:1.1.0@${digest}`);
});

test('where nothing is signed, the answer stays and nothing lands, whatever the policy picked before', async () => {
  await using loop = await startLoop({ extra: [keys], automation: { spec: { suspend: true } } });
  await pushTags(loop, { '1.1.0': 'unsigned' });
  await picks(loop, '1.1.0');
  await applyGuard(loop, signedOnly);
  await loop.patch('ImageUpdateAutomation', 'fleet', { spec: { suspend: null } });
  const policy = await loop.ready('ImagePolicy', 'web', 'False');
  expect(policy.reason).toBe('Guarded');
  expect(policy.message).toContain('1.1.0: UpdateGuard default/guard: it is not signed');
  await automationWaits(loop, 'Unchecked');
  expect(await loop.main.file(web)).toContain(':1.0.0');
});

const tagMarker = (image: string) => `apiVersion: v1
kind: ConfigMap
metadata:
  name: versions
data:
  # a person's comment
  web: ${image} # {"$imagepolicy": "default:web:tag"}
`;

const pinnedMarker = (image: string, digest: string) => `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
images:
  - name: web
    newTag: ${image} # {"$imagepolicy": "default:web:tag"}
    digest: ${digest} # {"$imagepolicy": "default:web:digest"}
`;

test('a bare tag marker is refused with its file and line as soon as the guard is applied; one beside its digest lands', async () => {
  const zero = `sha256:${'0'.repeat(64)}`;
  const files = () => ({ 'apps/bare.yaml': tagMarker('1.0.0'), 'apps/kustomization.yaml': pinnedMarker('1.0.0', zero) });
  await using loop = await startLoop({ extra: [keys], files, policy: { spec: { policy: { semver: { range: '1.0.x' } } } } });
  await loop.settles();
  await pushTags(loop, { '1.0.1': 'signed' });
  await picks(loop, '1.0.1');
  await loop.lands('apps/bare.yaml', '1.0.1');
  await applyGuard(loop, signedOnly);
  expect((await guardedFor(loop, 'TagMarkerUnpinned'))[0]?.message).toContain('apps/bare.yaml:7:');
  await loop.patch('ImagePolicy', 'web', { spec: { policy: { semver: { range: '1.x' } } } });
  await pushTags(loop, { '1.1.0': 'signed' });
  const [refused] = await guardedFor(loop, 'TagMarkerUnpinned');
  expect(refused).toMatchObject({ decision: 'Refuse', message: expect.stringContaining('apps/bare.yaml:7:') });
  const digest = await resolveTag(placeOf(loop), '1.1.0');
  await loop.lands('apps/kustomization.yaml', `newTag: 1.1.0 # {"$imagepolicy": "default:web:tag"}\n    digest: ${digest}`);
  expect(await loop.main.file('apps/bare.yaml')).toContain('web: 1.0.1');
});

async function pushIndex(loop: Loop, tag: string, platforms: readonly string[]): Promise<void> {
  const place = placeOf(loop);
  const image = await loop.registry.pushTag('web', `part-of-${tag}`);
  const config = Buffer.from('{}');
  await pushBlob(place, config);
  expect(digestOf(config)).toMatch(/^sha256:/);
  const manifests = platforms.map((platform) => {
    const [os, architecture, variant] = platform.split('/');
    return {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: image,
      size: 1,
      platform: { os, architecture, variant },
    };
  });
  await pushManifest(place, tag, { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests });
}

test('the newest tag that is there for every platform lands; a single image counts for its own', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await applyGuard(loop, updateGuard({ platforms: ['linux/amd64', 'linux/arm64'] }));
  await pushIndex(loop, '1.1.0', ['linux/amd64', 'linux/arm64/v8', 'unknown/unknown']);
  await pushIndex(loop, '1.2.0', ['linux/amd64', 'windows/amd64']);
  await loop.registry.pushTag('web', '1.3.0');
  await loop.request('ImageRepository', 'web');
  await loop.lands(web, ':1.1.0 #');
  const refused = await guardedFor(loop, 'PlatformMissing', 2);
  expect(refused.map(({ message }) => message)).toEqual(['it is not there for linux/arm64', 'it is not there for linux/arm64']);
});
