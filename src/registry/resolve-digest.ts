import { createHash } from 'node:crypto';
import { type Call, failCall } from './call.ts';
import { fetchManifest } from './fetch-content.ts';
import { manifestTypes, maxManifestBytes } from './manifest-types.ts';
import { type Patience, requireSuccess, sendPatiently } from './send-patiently.ts';
import type { HttpAnswer } from './transport.ts';

/** Digests whose manifests were read and found to have them, so that a tag that stays costs one HEAD. */
export interface SeenDigests {
  has(digest: string): boolean;
  add(digest: string): void;
}

const digestsRemembered = 10_000;

export function createSeenDigests(): SeenDigests {
  const seen = new Set<string>();
  return {
    has: (digest) => seen.has(digest),
    add(digest) {
      if (seen.size >= digestsRemembered) seen.clear();
      seen.add(digest);
    },
  };
}

/**
 * The digest a tag points at: by HEAD, and where that gives none by the manifest's own bytes. Null for a tag that is not there. What a header
 * says is a claim: before it is believed for the first time, the manifest of that digest is read and has to have it.
 */
export async function resolveDigest(patience: Patience, call: Call, tag: string, seen: SeenDigests): Promise<string | null> {
  const path = `/v2/${call.image.repository}/manifests/${tag}`;
  const request = { path, headers: { accept: manifestTypes }, maxBytes: maxManifestBytes };
  const head = await sendPatiently(patience, call, { ...request, method: 'HEAD' }, (answer) => readHead(call, answer));
  if (head === 'ask by GET')
    return sendPatiently(patience, call, { ...request, method: 'GET' }, (answer) => readManifest(call, answer));
  if (head === null || seen.has(head)) return head;
  if ((await fetchManifest(patience, call, head)) === null)
    throw failCall(call, 'BAD_RESPONSE', `registry says that ${tag} is ${head}, and has no such manifest`);
  seen.add(head);
  return head;
}

function readHead(call: Call, answer: HttpAnswer): string | null | 'ask by GET' {
  if (answer.status === 404) return null;
  if ([400, 405, 406, 501].includes(answer.status)) return 'ask by GET'; // some proxies know no HEAD
  requireSuccess(call, answer);
  return parseDigest(answer.headers['docker-content-digest']) ?? 'ask by GET';
}

function readManifest(call: Call, answer: HttpAnswer): string | null {
  if (answer.status === 404) return null;
  const { body, headers } = requireSuccess(call, answer);
  const computed = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const told = parseDigest(headers['docker-content-digest']);
  if (body.length === 0) throw failCall(call, 'BAD_RESPONSE', 'registry answered 200 with an empty manifest');
  if (told?.startsWith('sha256:') && told !== computed)
    throw failCall(call, 'BAD_RESPONSE', `registry says ${told}, but the manifest it sent is ${computed}`);
  return told ?? computed;
}

function parseDigest(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(header) ? header : null;
}
