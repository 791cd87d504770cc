import type { KeyOpener } from './key-opener.ts';

export interface GcpKmsOptions {
  /** An access token of Google Cloud. */
  readonly token: () => Promise<string>;
  readonly fetch: typeof globalThis.fetch;
  /** By default Google's. */
  readonly endpoint?: string | undefined;
}

const resource = /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/;

/** Asks Google Cloud KMS. */
export function createGcpKmsOpener({
  token,
  fetch,
  endpoint = 'https://cloudkms.googleapis.com',
}: GcpKmsOptions): KeyOpener<'gcp_kms'> {
  return async ({ resourceId, encrypted }, signal) => {
    if (!resource.test(resourceId))
      throw new TypeError('its resource id is not of the form projects/…/locations/…/keyRings/…/cryptoKeys/…');
    const path = resourceId.split('/').map(encodeURIComponent).join('/');
    const response = await fetch(new URL(`/v1/${path}:decrypt`, endpoint), {
      method: 'POST',
      headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ciphertext: encrypted }),
      signal,
    });
    const answer = (await response.json().catch(() => ({}))) as { plaintext?: unknown; error?: { message?: unknown } };
    if (!response.ok)
      throw new TypeError(`Google Cloud answered ${response.status}: ${String(answer.error?.message ?? '').slice(0, 300)}`);
    if (typeof answer.plaintext !== 'string') throw new TypeError('Google Cloud answered without a plaintext');
    return Buffer.from(answer.plaintext, 'base64');
  };
}
