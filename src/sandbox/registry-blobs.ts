import { randomUUID } from 'node:crypto';
import { answerEmpty, answerError, type RegistryAnswer, type RegistryRequest } from './registry-answer.ts';
import { digestOf, type RegistryStorage } from './registry-storage.ts';

/** `/v2/<name>/blobs/<digest>` by GET, HEAD and DELETE. */
export function answerBlob(storage: RegistryStorage, name: string, digest: string, { method }: RegistryRequest): RegistryAnswer {
  const repository = storage.find(name);
  const bytes = repository?.blobs.get(digest);
  if (bytes === undefined) return answerError(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  if (method === 'DELETE') {
    repository?.blobs.delete(digest);
    return answerEmpty(202);
  }
  if (method !== 'GET' && method !== 'HEAD') return answerError(405, 'UNSUPPORTED', 'the operation is unsupported');
  return { status: 200, headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': digest }, body: bytes };
}

interface Upload {
  readonly name: string;
  readonly chunks: Buffer[];
}

/** Blob uploads under way: whole in one request, or in chunks. */
export interface RegistryUploads {
  /** `/v2/<name>/blobs/uploads/[<id>]` by POST, PATCH, PUT, GET and DELETE. */
  answer(name: string, id: string, request: RegistryRequest): RegistryAnswer;
}

export function createRegistryUploads(storage: RegistryStorage): RegistryUploads {
  const uploads = new Map<string, Upload>();

  const start = (name: string, request: RegistryRequest): RegistryAnswer => {
    const { searchParams } = request.url;
    const digest = searchParams.get('digest');
    if (digest !== null) return store(name, digest, request.body);
    const mounted = findMount(storage, searchParams);
    if (mounted !== null) {
      storage.open(name).blobs.set(mounted.digest, mounted.bytes);
      return created(name, mounted.digest);
    }
    const id = randomUUID();
    uploads.set(id, { name, chunks: [] });
    return accepted(202, name, id, 0);
  };

  const append = (id: string, upload: Upload, { headers, body }: RegistryRequest): RegistryAnswer => {
    const size = sizeOf(upload);
    const [, from] = /^(?:bytes[ =])?(\d+)-\d+/.exec(headers['content-range'] ?? '') ?? [];
    if (from !== undefined && Number(from) !== size) return accepted(416, upload.name, id, size);
    upload.chunks.push(body);
    return accepted(202, upload.name, id, size + body.length);
  };

  const finish = (id: string, upload: Upload, { url, body }: RegistryRequest): RegistryAnswer => {
    const answer = store(upload.name, url.searchParams.get('digest') ?? '', Buffer.concat([...upload.chunks, body]));
    if (answer.status === 201) uploads.delete(id);
    return answer;
  };

  const store = (name: string, digest: string, bytes: Buffer): RegistryAnswer => {
    if (digestOf(bytes) !== digest) return answerError(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    storage.open(name).blobs.set(digest, bytes);
    return created(name, digest);
  };

  return {
    answer: (name, id, request) => {
      if (id === '')
        return request.method === 'POST' ? start(name, request) : answerError(405, 'UNSUPPORTED', 'the operation is unsupported');
      const upload = uploads.get(id);
      if (upload === undefined || upload.name !== name)
        return answerError(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
      switch (request.method) {
        case 'PATCH':
          return append(id, upload, request);
        case 'PUT':
          return finish(id, upload, request);
        case 'GET':
          return accepted(204, name, id, sizeOf(upload));
        case 'DELETE':
          uploads.delete(id);
          return answerEmpty(204);
        default:
          return answerError(405, 'UNSUPPORTED', 'the operation is unsupported');
      }
    },
  };
}

function findMount(storage: RegistryStorage, parameters: URLSearchParams): { digest: string; bytes: Buffer } | null {
  const [digest, from] = [parameters.get('mount') ?? '', parameters.get('from') ?? ''];
  const bytes = storage.find(from)?.blobs.get(digest);
  return bytes === undefined ? null : { digest, bytes };
}

function sizeOf({ chunks }: Upload): number {
  return chunks.reduce((size, chunk) => size + chunk.length, 0);
}

function accepted(status: number, name: string, id: string, size: number): RegistryAnswer {
  const range = `0-${Math.max(size - 1, 0)}`;
  return answerEmpty(status, { location: `/v2/${name}/blobs/uploads/${id}`, range, 'docker-upload-uuid': id });
}

function created(name: string, digest: string): RegistryAnswer {
  return answerEmpty(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest });
}
