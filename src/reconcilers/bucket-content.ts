import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BucketObject, BucketReader } from '../bucket/index.ts';
import type { Artifact, SourceRef } from '../core/index.ts';
import {
  type ContentStore,
  cleanPath,
  createArtifact,
  createObjectRules,
  defaultArchiveLimits,
  type IncomingFile,
  SourceError,
} from '../source/index.ts';

/** What of a bucket is wanted now. */
export interface BucketIndex {
  readonly objects: readonly BucketObject[];
  /** `sha256:…` over keys and etags, as Flux computes it. */
  readonly revision: string;
}

const ignoreFile = '.sourceignore';
const longestIgnoreFileBytes = 1_048_576;
const { maxArchiveBytes, maxContentBytes, maxFiles } = defaultArchiveLimits;

/** Lists the bucket, without folders, without what the rules of its root and of `spec.ignore` leave out. Throws SourceError and BucketError. */
export async function listBucket(
  reader: BucketReader,
  { prefix, ignore }: { readonly prefix: string; readonly ignore: string | undefined },
  signal: AbortSignal,
): Promise<BucketIndex> {
  const rules = await reader.fetch(ignoreFile, longestIgnoreFileBytes, signal);
  const isIgnored = createObjectRules(rules?.toString('utf8'), ignore);
  const found = new Map<string, BucketObject>();
  let bytes = 0;
  for await (const object of reader.list(prefix, signal)) {
    const { key } = object;
    if (key === '' || key.endsWith('/') || key === ignoreFile || isIgnored(key)) continue;
    found.set(key, object);
    bytes += object.bytes;
    if (found.size > maxFiles) throw tooLarge(`more than ${maxFiles} objects`);
    if (bytes > maxContentBytes) throw tooLarge(`objects of more than ${maxContentBytes} bytes`);
  }
  const objects = [...found.values()].toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  const hash = createHash('sha256');
  for (const { key, etag } of objects) hash.update(`${key} ${etag}\n`);
  return { objects, revision: `sha256:${hash.digest('hex')}` };
}

function tooLarge(because: string): SourceError {
  return new SourceError('ARTIFACT_TOO_LARGE', `listing a bucket: it has ${because}; narrow it by spec.prefix or spec.ignore`);
}

/** Fetches what the index names. An object that went meanwhile is an error: the next look finds another index. */
export async function fetchBucket(
  reader: BucketReader,
  { objects, revision }: BucketIndex,
  { source, contents, signal }: { readonly source: SourceRef; readonly contents: ContentStore; readonly signal: AbortSignal },
): Promise<Artifact> {
  const files = await contents.keep(source, fetchObjects(reader, objects, signal));
  return createArtifact({ revision, list: async () => files });
}

async function* fetchObjects(
  reader: BucketReader,
  objects: readonly BucketObject[],
  signal: AbortSignal,
): AsyncGenerator<IncomingFile> {
  for (const group of groupBySize(objects)) {
    const contents = await Promise.all(group.map(({ key }) => fetchObject(reader, key, signal)));
    for (const [index, { key }] of group.entries())
      yield { path: cleanPath(key), executable: false, content: Readable.from([contents[index] ?? Buffer.alloc(0)]) };
  }
}

async function fetchObject(reader: BucketReader, key: string, signal: AbortSignal): Promise<Buffer> {
  const content = await reader.fetch(key, maxArchiveBytes, signal);
  if (content !== null) return content;
  throw new SourceError('BUCKET_FAILED', `fetching from a bucket: object ${JSON.stringify(key)} went away meanwhile`);
}

const atOnce = 16;
const bytesAtOnce = 16 * 1_048_576;

/** So many at a time that they fit into memory. */
function groupBySize(objects: readonly BucketObject[]): BucketObject[][] {
  const groups: BucketObject[][] = [];
  let bytes = 0;
  for (const object of objects) {
    const last = groups.at(-1);
    if (last === undefined || last.length >= atOnce || bytes + object.bytes > bytesAtOnce) {
      groups.push([object]);
      bytes = object.bytes;
    } else {
      last.push(object);
      bytes += object.bytes;
    }
  }
  return groups;
}
