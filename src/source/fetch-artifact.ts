import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Agent, request } from 'undici';
import { type CheckAddress, createEgressLookup } from '../auth/index.ts';
import { type Artifact, type ArtifactStatus, type Clock, errorMessage, type SourceRef, TagalongError } from '../core/index.ts';
import { type ArchiveLimits, defaultArchiveLimits } from './archive-limits.ts';
import type { ContentStore } from './content-store.ts';
import { createArtifact } from './create-artifact.ts';
import { isNotServed } from './describe-artifact.ts';
import { SourceError } from './error.ts';
import { readArchive } from './read-archive.ts';

export interface ArtifactFetcherOptions {
  readonly store: ContentStore;
  readonly clock: Clock;
  readonly checkAddress: CheckAddress;
  readonly limits?: ArchiveLimits;
  /** Tries while the server is away; default 4. */
  readonly tries?: number;
}

/** Downloads artifacts that other controllers serve, as Flux's own consumers do. */
export interface ArtifactFetcher {
  /** The artifact with exactly the digest that status tells. Throws SourceError. */
  fetch(source: SourceRef, status: ArtifactStatus, signal: AbortSignal): Promise<Artifact>;
  close(): Promise<void>;
}

const silenceMs = 30_000;
const retryMs = 500;

export function createArtifactFetcher(options: ArtifactFetcherOptions): ArtifactFetcher {
  const { store, checkAddress, limits = defaultArchiveLimits } = options;
  const lookup = createEgressLookup(checkAddress);
  const agent = new Agent({ connect: { lookup, timeout: silenceMs }, headersTimeout: silenceMs, bodyTimeout: silenceMs });
  return {
    async fetch(source, status, signal) {
      const url = checkUrl(status, checkAddress);
      const file = await store.scratch();
      try {
        await tryPatiently(options, url.href, signal, () => download({ url, file, agent, limits, signal }, status.digest));
        const files = await store.keep(source, readArchive(createReadStream(file), limits));
        return createArtifact({ revision: status.revision, list: async () => files });
      } finally {
        await rm(file, { force: true });
      }
    },
    close: () => agent.destroy(),
  };
}

function checkUrl(status: ArtifactStatus, checkAddress: CheckAddress): URL {
  if (isNotServed(status))
    throw failed('NOT_SERVED', status.url, 'it is made by a bot that serves none; start that one with --artifact-addr');
  const url = URL.canParse(status.url) ? new URL(status.url) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '' || url.password !== '')
    throw failed('FETCH_FAILED', status.url, 'that is no http or https URL without credentials');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) checkAddress(host, host); // never looked up
  return url;
}

interface Download {
  readonly url: URL;
  readonly file: string;
  readonly agent: Agent;
  readonly limits: ArchiveLimits;
  readonly signal: AbortSignal;
}

async function download({ url, file, agent, limits, signal }: Download, digest: string): Promise<void> {
  const [algorithm = ''] = digest.split(':');
  if (!['sha256', 'sha384', 'sha512'].includes(algorithm))
    throw failed('FETCH_FAILED', url.href, `its digest is of ${JSON.stringify(algorithm.slice(0, 20))}, which is not known here`);
  const answer = await request(url, { dispatcher: agent, signal, headers: { 'user-agent': 'tagalong' } });
  if (answer.statusCode !== 200) {
    await answer.body.dump({ limit: 4096 });
    throw describeStatus(url.href, answer.statusCode);
  }
  const hash = createHash(algorithm);
  await using handle = await open(file, 'w', 0o600);
  let bytes = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limits.maxArchiveBytes)
      throw failed('ARTIFACT_TOO_LARGE', url.href, `it is larger than ${limits.maxArchiveBytes} bytes`);
    hash.update(chunk);
    await handle.writeFile(chunk);
  }
  const found = `${algorithm}:${hash.digest('hex')}`;
  if (found !== digest)
    throw failed('DIGEST_MISMATCH', url.href, `what was sent has the digest ${found}, and its source says ${digest}`);
}

function describeStatus(url: string, status: number): SourceError {
  if (status === 404)
    return failed('ARTIFACT_NOT_FOUND', url, 'the server has no such file (404)', { retry: { afterMs: 30_000 } });
  return failed(status >= 500 || status === 429 ? 'SERVER_AWAY' : 'FETCH_FAILED', url, `the server answered ${status}`);
}

/** A server that is just starting again is worth a moment; what it says clearly stands. */
async function tryPatiently(
  { clock, tries = 4 }: ArtifactFetcherOptions,
  url: string,
  signal: AbortSignal,
  attempt: () => Promise<void>,
): Promise<void> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      const told = error instanceof TagalongError ? error : failed('SERVER_AWAY', url, errorMessage(error), { cause: error });
      if (told.code !== 'SERVER_AWAY' || count >= tries) throw told;
      await clock.sleep(retryMs * 2 ** (count - 1), signal);
    }
  }
}

function failed(
  code: 'NOT_SERVED' | 'FETCH_FAILED' | 'ARTIFACT_TOO_LARGE' | 'DIGEST_MISMATCH' | 'ARTIFACT_NOT_FOUND' | 'SERVER_AWAY',
  url: string,
  because: string,
  details: { readonly cause?: unknown; readonly retry?: { readonly afterMs: number } } = {},
): SourceError {
  const shown = url.replace(/\/\/[^/@]*@/, '//').slice(0, 500);
  return new SourceError(code, `downloading the artifact ${shown}: ${because}`, details);
}
