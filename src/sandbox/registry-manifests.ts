import { answerEmpty, answerError, type RegistryAnswer, type RegistryRequest } from './registry-answer.ts';
import { manifestType } from './registry-image.ts';
import { digestOf, type RegistryStorage, type StoredRepository } from './registry-storage.ts';

export interface ManifestEvents {
  /** A tag now points at a manifest. */
  readonly onTag?: (repository: string, tag: string, digest: string) => void;
}

/** `/v2/<name>/manifests/<tag or digest>` by GET, HEAD, PUT and DELETE. */
export function answerManifest(
  storage: RegistryStorage,
  { name, reference }: { name: string; reference: string },
  request: RegistryRequest,
  events: ManifestEvents = {},
): RegistryAnswer {
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return readManifest(storage.find(name), reference);
    case 'PUT':
      return writeManifest(storage.open(name), { name, reference }, request, events);
    case 'DELETE':
      return deleteManifest(storage.find(name), reference);
    default:
      return answerError(405, 'UNSUPPORTED', 'the operation is unsupported');
  }
}

function readManifest(repository: StoredRepository | undefined, reference: string): RegistryAnswer {
  if (repository === undefined) return answerError(404, 'NAME_UNKNOWN', 'repository name not known to registry');
  const digest = resolveReference(repository, reference);
  const manifest = digest === undefined ? undefined : repository.manifests.get(digest);
  if (digest === undefined || manifest === undefined) return unknownManifest();
  return { status: 200, headers: { 'content-type': manifest.type, 'docker-content-digest': digest }, body: manifest.bytes };
}

function writeManifest(
  repository: StoredRepository,
  { name, reference }: { name: string; reference: string },
  { headers, body }: RegistryRequest,
  { onTag }: ManifestEvents,
): RegistryAnswer {
  const references = parseReferences(body);
  if (references === null) return answerError(400, 'MANIFEST_INVALID', 'manifest is not valid JSON');
  const missing = references.find((each) => !repository.blobs.has(each) && !repository.manifests.has(each));
  if (missing !== undefined) return answerError(404, 'MANIFEST_BLOB_UNKNOWN', `manifest references an unknown blob ${missing}`);
  const digest = digestOf(body);
  if (isDigest(reference) && reference !== digest)
    return answerError(400, 'DIGEST_INVALID', 'provided digest did not match content');
  if (!isDigest(reference) && !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(reference))
    return answerError(400, 'TAG_INVALID', 'manifest tag did not match the grammar');
  repository.manifests.set(digest, { type: headers['content-type'] ?? manifestType, bytes: body });
  if (!isDigest(reference)) {
    repository.tags.set(reference, digest);
    onTag?.(name, reference, digest);
  }
  return answerEmpty(201, { location: `/v2/${name}/manifests/${digest}`, 'docker-content-digest': digest });
}

/** A tag goes alone; a digest takes every tag that points at it along. */
function deleteManifest(repository: StoredRepository | undefined, reference: string): RegistryAnswer {
  const digest = repository === undefined ? undefined : resolveReference(repository, reference);
  if (repository === undefined || digest === undefined || !repository.manifests.has(digest)) return unknownManifest();
  if (!isDigest(reference)) repository.tags.delete(reference);
  else {
    repository.manifests.delete(digest);
    for (const [tag, target] of [...repository.tags]) if (target === digest) repository.tags.delete(tag);
  }
  return answerEmpty(202);
}

function resolveReference(repository: StoredRepository, reference: string): string | undefined {
  return isDigest(reference) ? reference : repository.tags.get(reference);
}

function isDigest(reference: string): boolean {
  return reference.includes(':');
}

function unknownManifest(): RegistryAnswer {
  return answerError(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
}

/** The digests a manifest or index points at; null if it is neither. */
function parseReferences(body: Buffer): string[] | null {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null) return null;
    const { config, layers, manifests }: Record<string, unknown> = { ...parsed };
    return [config, layers, manifests].flat().flatMap((each) => digestIn(each) ?? []);
  } catch {
    return null;
  }
}

/** Layers with `urls` live elsewhere and need not be here. */
function digestIn(descriptor: unknown): string | undefined {
  if (typeof descriptor !== 'object' || descriptor === null || 'urls' in descriptor) return undefined;
  return 'digest' in descriptor && typeof descriptor.digest === 'string' ? descriptor.digest : undefined;
}
