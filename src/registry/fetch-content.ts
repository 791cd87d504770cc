import { createHash } from 'node:crypto';
import type { RegistryDescriptor, RegistryManifest } from '../core/index.ts';
import { type Call, failCall } from './call.ts';
import { manifestTypes, maxManifestBytes } from './manifest-types.ts';
import { type Patience, requireSuccess, sendPatiently } from './send-patiently.ts';
import type { HttpAnswer } from './transport.ts';

/** A manifest or index by tag or digest, checked against its digest; null where the registry has none. */
export function fetchManifest(patience: Patience, call: Call, reference: string): Promise<RegistryManifest | null> {
  const path = `/v2/${call.image.repository}/manifests/${reference}`;
  const request = { method: 'GET', path, headers: { accept: manifestTypes }, maxBytes: maxManifestBytes } as const;
  return sendPatiently(patience, call, request, (answer) => {
    if (answer.status === 404) return null;
    const { body, headers } = requireSuccess(call, answer);
    const [algorithm] = /^sha(256|512)(?=:)/.exec(reference) ?? [];
    const digest = digestOf(body, algorithm);
    if (algorithm !== undefined && reference !== digest)
      throw failCall(call, 'BAD_RESPONSE', `the manifest that the registry sent for ${reference} is ${digest}`);
    return { digest, mediaType: mediaTypeOf(body, headers['content-type']), bytes: body };
  });
}

/** A blob of up to `maxBytes`, checked against its digest; null where the registry has none. */
export function fetchBlob(patience: Patience, call: Call, digest: string, maxBytes: number): Promise<Buffer | null> {
  const path = `/v2/${call.image.repository}/blobs/${digest}`;
  return sendPatiently(patience, call, { method: 'GET', path, headers: {}, maxBytes }, (answer) => {
    if (answer.status === 404) return null;
    const { body } = requireSuccess(call, answer);
    const computed = digestOf(body);
    if (computed !== digest) throw failCall(call, 'BAD_RESPONSE', `the blob that the registry sent is ${computed}`);
    return body;
  });
}

const referrersAtMost = 100;

/** What refers to a manifest, as the OCI distribution specification 1.1 lists it; registries without that list keep it at a tag. */
export async function fetchReferrers(patience: Patience, call: Call, digest: string): Promise<readonly RegistryDescriptor[]> {
  const path = `/v2/${call.image.repository}/referrers/${digest}`;
  const headers = { accept: 'application/vnd.oci.image.index.v1+json' };
  const listed = await sendPatiently(
    patience,
    call,
    { method: 'GET', path, headers, maxBytes: maxManifestBytes },
    (answer: HttpAnswer) => ([400, 404, 405, 406].includes(answer.status) ? null : requireSuccess(call, answer).body),
  );
  const index = listed ?? (await fetchManifest(patience, call, digest.replace(':', '-')))?.bytes;
  return index === undefined ? [] : readDescriptors(call, index).slice(0, referrersAtMost);
}

function readDescriptors(call: Call, bytes: Buffer): RegistryDescriptor[] {
  const { manifests } = parseObject(bytes) ?? {};
  if (!Array.isArray(manifests)) throw failCall(call, 'BAD_RESPONSE', 'the list of referrers is no OCI index');
  return manifests.filter(isDescriptor);
}

function isDescriptor(value: unknown): value is RegistryDescriptor {
  if (typeof value !== 'object' || value === null) return false;
  const { digest, mediaType, artifactType } = value as Record<string, unknown>;
  return (
    typeof digest === 'string' &&
    /^sha256:[0-9a-f]{64}$/.test(digest) &&
    typeof mediaType === 'string' &&
    (artifactType === undefined || typeof artifactType === 'string')
  );
}

function mediaTypeOf(body: Buffer, header: string | string[] | undefined): string {
  const own = parseObject(body)?.['mediaType'];
  return typeof own === 'string' ? own : (String(header ?? '').split(';')[0] ?? '').trim();
}

function parseObject(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function digestOf(bytes: Buffer, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
