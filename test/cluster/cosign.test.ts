import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRegistry, parseImageName, type RegistryAdapter } from '../../src/registry/index.ts';
import { type Trust, trustIdentities, trustKeys, verifyImage } from '../../src/signature/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import {
  type CosignSigner,
  createCosignSigner,
  type DockerRegistry,
  signer,
  signingWays,
  startDockerRegistry,
} from '../real/index.ts';

const anonymous = { credentials: { kind: 'anonymous' }, insecure: true, timeoutMs: 20_000 } as const;
const strangers = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString();

describeWithParts(['docker-registry', 'cosign', 'openssl'], 'what the real cosign signs in a real registry', () => {
  let store: DockerRegistry;
  let cosign: CosignSigner;
  let registry: RegistryAdapter;
  let repositories = 0;

  beforeAll(async () => {
    store = await startDockerRegistry();
    cosign = await createCosignSigner();
    registry = createRegistry();
  });
  afterAll(async () => {
    await registry?.close();
    await cosign?.[Symbol.asyncDispose]();
    await store?.[Symbol.asyncDispose]();
  });

  async function pushImage(): Promise<{ name: string; digest: string }> {
    repositories += 1;
    const repository = `acme/web-${repositories}`;
    return { name: `${store.host}/${repository}`, digest: await store.pushTag(repository, '1.0.0') };
  }

  async function verify({ name, digest }: { name: string; digest: string }, trust: Trust | Promise<Trust>) {
    const signed = { image: parseImageName(name), digest, access: anonymous };
    return verifyImage(registry, signed, await trust, AbortSignal.timeout(20_000));
  }

  const identity = (subject: string, issuer: string) => trustIdentities([{ subject, issuer }], cosign.trustedRoot);
  const keyed = () => trustKeys([cosign.publicKey]);
  const named = () => identity('^https://ci\\.example/acme/web/release$', '^https://ci\\.example$');

  test.for(signingWays)('%s verifies, and by nobody else', async (way) => {
    const image = await pushImage();
    expect(await verify(image, keyed())).toEqual({ kind: 'unsigned', because: 'it is not signed' });
    await cosign.sign(`${image.name}@${image.digest}`, way);
    const right = way.startsWith('key') ? keyed() : named();
    const by = way.startsWith('key') ? 'public key 1' : `${signer.subject} by ${signer.issuer}`;
    expect(await verify(image, right)).toEqual({ kind: 'signed', by });
    const wrong = way.startsWith('key')
      ? [trustKeys([strangers]), named()]
      : [identity('^https://ci\\.example/other', '.*'), identity('.*', '^https://other\\.example$'), keyed()];
    for (const trust of wrong) expect((await verify(image, trust)).kind).toBe('unsigned');
  });

  test('a root of trust that does not know the authority trusts nobody', async () => {
    const image = await pushImage();
    await cosign.sign(`${image.name}@${image.digest}`, 'identity in a bundle');
    await using other = await createCosignSigner();
    const answer = await verify(image, trustIdentities([{ subject: '.*', issuer: '.*' }], other.trustedRoot));
    expect(answer).toMatchObject({ kind: 'unsigned', because: expect.stringContaining('cannot be proven') });
  });

  test('a signature that is copied to another image is none of that image', async () => {
    const [signed, victim] = [await pushImage(), await pushImage()];
    const other = await store.pushTag(victim.name.slice(store.host.length + 1), '2.0.0');
    await cosign.sign(`${signed.name}@${signed.digest}`, 'key at a tag');
    const from = await registry.fetchManifest(parseImageName(signed.name), `${signed.digest.replace(':', '-')}.sig`, anonymous);
    await copySignature(signed.name, victim.name, from?.bytes ?? Buffer.alloc(0), other);
    const answer = await verify({ name: victim.name, digest: other }, keyed());
    expect(answer).toMatchObject({ kind: 'unsigned', because: expect.stringContaining('one is not of this digest') });
  });

  async function copySignature(from: string, to: string, manifest: Buffer, digest: string): Promise<void> {
    const { config, layers } = JSON.parse(manifest.toString('utf8')) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    const path = (name: string) => `http://${store.host}/v2/${name.slice(store.host.length + 1)}`;
    for (const blob of [config.digest, ...layers.map((layer) => layer.digest)]) {
      const source = from.slice(store.host.length + 1);
      const mounted = await fetch(`${path(to)}/blobs/uploads/?mount=${blob}&from=${source}`, { method: 'POST' });
      expect(mounted.status).toBe(201);
    }
    const put = await fetch(`${path(to)}/manifests/${digest.replace(':', '-')}.sig`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
      body: new Uint8Array(manifest),
    });
    expect(put.status).toBe(201);
  }
});
