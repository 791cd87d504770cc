import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRegistry, parseImageName, type RegistryAdapter } from '../../src/registry/index.ts';
import { type SandboxRegistry, startSandboxRegistry } from '../../src/sandbox/index.ts';
import { type Trust, trustIdentities, trustKeys, verifyImage } from '../../src/signature/index.ts';
import { pushBlob, pushManifest, signImage } from '../journeys/support/push-artifact.ts';
import type { SigningWay } from '../real/index.ts';
import { replay, signed } from './recorded-repository.ts';

const anonymous = { credentials: { kind: 'anonymous' }, insecure: true, timeoutMs: 10_000 } as const;
const identity = { subject: '^https://ci\\.example/acme/web/release$', issuer: '^https://ci\\.example$' };
const root = JSON.stringify(signed.trustedRoot);
const keyed = trustKeys([signed.publicKey]);
const named = await trustIdentities([identity], root);
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: typeof own.publicKey) => key.export({ type: 'spki', format: 'pem' }).toString();

let store: SandboxRegistry;
let registry: RegistryAdapter;

beforeAll(async () => {
  store = await startSandboxRegistry();
  registry = createRegistry();
  await replay(signed.repository, store, 'web');
});
afterAll(async () => {
  await registry.close();
  await store[Symbol.asyncDispose]();
});

async function verify(digest: string, trust: Trust | Promise<Trust>, repository = 'web') {
  const image = parseImageName(`${store.host}/${repository}`);
  return verifyImage(registry, { image, digest, access: anonymous }, await trust, AbortSignal.timeout(10_000));
}

describe('what cosign signed', () => {
  test.for<{ way: SigningWay | 'unsigned'; trust: Trust | Promise<Trust>; whose: string; by: string | null }>([
    { way: 'key at a tag', trust: keyed, whose: 'its key', by: 'public key 1' },
    { way: 'key in a bundle', trust: keyed, whose: 'its key', by: 'public key 1' },
    {
      way: 'key at a tag',
      trust: trustKeys([pem(own.publicKey), signed.publicKey]),
      whose: 'one of two keys',
      by: 'public key 2',
    },
    {
      way: 'identity at a tag',
      trust: named,
      whose: 'its identity',
      by: 'https://ci.example/acme/web/release by https://ci.example',
    },
    {
      way: 'identity in a bundle',
      trust: named,
      whose: 'its identity',
      by: 'https://ci.example/acme/web/release by https://ci.example',
    },
    { way: 'key at a tag', trust: trustKeys([pem(own.publicKey)]), whose: 'another key', by: null },
    { way: 'key in a bundle', trust: trustKeys([pem(own.publicKey)]), whose: 'another key', by: null },
    { way: 'key in a bundle', trust: named, whose: 'an identity', by: null },
    {
      way: 'identity in a bundle',
      trust: trustIdentities([{ ...identity, subject: 'other' }], root),
      whose: 'another subject',
      by: null,
    },
    {
      way: 'identity at a tag',
      trust: trustIdentities([{ ...identity, issuer: '^https://ci\\.example\\.evil' }], root),
      whose: 'another issuer',
      by: null,
    },
    { way: 'unsigned', trust: keyed, whose: 'nobody', by: null },
  ])('$way, trusting $whose: $by', async ({ way, trust, by }) => {
    const answer = await verify(signed.images[way], trust);
    expect(answer.kind === 'signed' ? answer.by : null).toBe(by);
  });

  test('a signature at the tag of another image is none of that image', async () => {
    const tag = `${signed.images['key at a tag'].replace(':', '-')}.sig`;
    const manifest = JSON.parse(signed.repository.manifests[signed.repository.tags[tag] ?? '']?.text ?? '{}') as object;
    await pushManifest({ host: store.host, repository: 'web' }, `${signed.images.unsigned.replace(':', '-')}.sig`, manifest);
    expect(await verify(signed.images.unsigned, keyed)).toMatchObject({
      because: expect.stringContaining('one is not of this digest'),
    });
  });
});

describe('a signature with a key', () => {
  test.for([
    { because: 'of the curve P-384', pair: generateKeyPairSync('ec', { namedCurve: 'P-384' }) },
    { because: 'of the kind RSA', pair: generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  ])('$because counts', async ({ pair: { publicKey, privateKey } }) => {
    const digest = await store.pushTag('other', `key-${publicKey.asymmetricKeyType}`);
    await signImage({ host: store.host, repository: 'other' }, digest, privateKey);
    expect((await verify(digest, trustKeys([pem(publicKey)]), 'other')).kind).toBe('signed');
  });

  test('of nonsense beside it counts all the same', async () => {
    const digest = await store.pushTag('other', 'nonsense');
    const place = { host: store.host, repository: 'other' };
    const junk = Buffer.from('{"critical":');
    const blob = {
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      size: junk.length,
      digest: await pushBlob(place, junk),
    };
    await pushManifest(place, `${digest.replace(':', '-')}.sig`, { schemaVersion: 2, layers: [blob, { mediaType: 5 }, null] });
    expect(await verify(digest, keyed, 'other')).toMatchObject({ kind: 'unsigned' });
  });
});

/** An entry of a transparency log of our own, as cosign keeps it beside the signature. */
function logEntry(payload: Buffer, annotations: Readonly<Record<string, string>>, { tamper = false } = {}) {
  const log = own;
  const der = log.publicKey.export({ type: 'spki', format: 'der' });
  const logID = createHash('sha256').update(der).digest('hex');
  const record = {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(payload).digest('hex') } },
      signature: { content: annotations['dev.cosignproject.cosign/signature'], publicKey: { content: '' } },
    },
  };
  const entry = {
    body: Buffer.from(JSON.stringify(record)).toString('base64'),
    integratedTime: 1_800_000_000,
    logID,
    logIndex: 7,
  };
  const signature = sign('sha256', Buffer.from(JSON.stringify(entry)), log.privateKey);
  const bundle = {
    SignedEntryTimestamp: signature.toString('base64'),
    Payload: { ...entry, ...(tamper ? { logIndex: 8 } : {}) },
  };
  const tlog = {
    baseUrl: 'https://log.example',
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: der.toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2020-01-01T00:00:00Z' },
    },
    logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
  };
  return {
    bundle: JSON.stringify(bundle),
    trust: trustIdentities([identity], JSON.stringify({ ...signed.trustedRoot, tlogs: [tlog] })),
  };
}

describe('where the root of trust names a log', () => {
  test.for([
    { because: 'an entry of that log is needed, and here', entry: 'right', timestamps: true, kind: 'signed' },
    { because: 'the entry tells the time too, where nobody else does', entry: 'right', timestamps: false, kind: 'signed' },
    { because: 'an entry that was changed proves nothing', entry: 'tampered', timestamps: true, kind: 'unsigned' },
    { because: 'a timestamp alone is not enough', entry: 'none', timestamps: true, kind: 'unsigned' },
  ])('$because', async ({ entry, timestamps, kind }) => {
    const digest = signed.images['identity at a tag'];
    const tag = `${digest.replace(':', '-')}.sig`;
    const manifest = JSON.parse(signed.repository.manifests[signed.repository.tags[tag] ?? '']?.text ?? '{}') as {
      layers: { digest: string; annotations: Record<string, string> }[];
    };
    const [layer] = manifest.layers;
    if (layer === undefined) throw new Error('the fixture has no layer');
    const payload = Buffer.from(signed.repository.blobs[layer.digest] ?? '', 'base64');
    const { bundle, trust } = logEntry(payload, layer.annotations, { tamper: entry === 'tampered' });
    if (entry !== 'none') layer.annotations['dev.sigstore.cosign/bundle'] = bundle;
    if (!timestamps) delete layer.annotations['dev.sigstore.cosign/rfc3161timestamp'];
    await replay(signed.repository, store, 'logged');
    await pushManifest({ host: store.host, repository: 'logged' }, tag, manifest);
    expect((await verify(digest, trust, 'logged')).kind).toBe(kind);
  });
});

describe('whom to trust', () => {
  test.for([
    { because: 'a key that is none', read: () => trustKeys(['hello']), says: 'reading a public key' },
    {
      because: 'a pattern that is none',
      read: () => trustIdentities([{ subject: '(', issuer: 'a' }], root),
      says: 'reading an identity',
    },
    { because: 'a root that is none', read: () => trustIdentities([identity], '{}'), says: 'it names no certificate authority' },
    { because: 'a root that is no JSON', read: () => trustIdentities([identity], 'hello'), says: 'reading trusted_root.json' },
  ])('$because is told', async ({ read, says }) => {
    await expect(async () => read()).rejects.toThrow(says);
  });
});
