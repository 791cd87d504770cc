import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Artifact, type ArtifactStatus, type Clock, type SourceRef, TagalongError } from '../core/index.ts';
import { artifactPath, artifactStatus, artifactUrl, folderParts } from './artifact-status.ts';
import { SourceError } from './error.ts';
import { streamArtifact } from './pack-artifact.ts';

export interface Retention {
  /** How many artifacts of a source stay at most, the current one counted. */
  readonly records: number;
  /** How long a replaced one stays for those who are just downloading it. */
  readonly ttlMs: number;
}

/** Flux's `--artifact-retention-records` and `--artifact-retention-ttl`. */
export const defaultRetention: Retention = { records: 2, ttlMs: 60_000 };

export interface StoreOptions {
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** What is served in place of the packed artifact. */
  readonly bytes?: Buffer | undefined;
  /** The newest one is also served as `latest.tar.gz`. */
  readonly hasLatest?: boolean | undefined;
}

/** The name under which the newest archive of a source is served beside its own. */
export const latestName = 'latest.tar.gz';

export interface ArtifactStorageOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Where consumers reach the server. */
  readonly address: () => string;
  readonly retention?: Retention;
}

/** Packed artifacts as files under `<folder>/<kind>/<namespace>/<name>/`. A file appears there whole or not at all. */
export class ArtifactStorage {
  readonly #folder: string;
  readonly #options: ArtifactStorageOptions;

  constructor(options: ArtifactStorageOptions) {
    this.#options = options;
    this.#folder = resolve(options.folder);
  }

  /** Packs and stores the artifact; what was stored under that name is replaced at once. */
  async store(
    source: SourceRef,
    artifact: Artifact,
    fileName: string,
    { metadata, bytes, hasLatest = false }: StoreOptions = {},
  ): Promise<ArtifactStatus> {
    const target = join(this.#folder, artifactPath(source, fileName));
    const temporary = join(dirname(target), `.${randomUUID()}`);
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      const { digest, size } = await writeStream(temporary, bytes === undefined ? streamArtifact(artifact) : [bytes]);
      const storedAt = this.#options.clock.now();
      await utimes(temporary, storedAt / 1_000, storedAt / 1_000);
      if (hasLatest) await linkLatest(temporary, dirname(target));
      await rename(temporary, target);
      return artifactStatus(
        { source, fileName, revision: artifact.revision, digest, size, storedAt, ...(metadata && { metadata }) },
        this.#options.address(),
      );
    } catch (error) {
      throw describeWriteFailure(error, this.#folder);
    } finally {
      await rm(temporary, { force: true }).catch(() => {}); // what went wrong before is what has to be told
    }
  }

  /** Whether the file is there, at the address where it is served now, and still has the digest of its status. A spoilt one is deleted. */
  async verify(status: ArtifactStatus): Promise<boolean> {
    const file = this.#fileOf(status);
    if (status.url !== artifactUrl(status.path, this.#options.address())) return false;
    if (file === null || (await stat(file).catch(() => null)) === null) return false;
    if ((await digestOf(file)) === status.digest) return true;
    await rm(file, { force: true });
    return false;
  }

  /** Deletes what the source no longer needs; the current artifact always stays. Returns how many files went. */
  async collectGarbage(source: SourceRef, current: Pick<ArtifactStatus, 'path'>): Promise<number> {
    const { records, ttlMs } = this.#options.retention ?? defaultRetention;
    const now = this.#options.clock.now();
    const others = (await this.#listFiles(source))
      .filter(({ file }) => file !== this.#fileOf(current))
      .toSorted((a, b) => b.storedAt - a.storedAt);
    const garbage = others.filter(({ storedAt }, index) => now - storedAt > ttlMs || index >= records - 1);
    await Promise.all(garbage.map(({ file }) => rm(file, { force: true })));
    return garbage.length;
  }

  /** Deletes everything of a source that was deleted. Returns how many files went. */
  async remove(source: SourceRef): Promise<number> {
    const files = await this.#listFiles(source);
    await rm(join(this.#folder, ...folderParts(source)), { recursive: true, force: true });
    return files.length;
  }

  async #listFiles(source: SourceRef): Promise<{ file: string; storedAt: number }[]> {
    const folder = join(this.#folder, ...folderParts(source));
    const names = (await readdir(folder).catch(() => [])).filter((name) => name !== latestName);
    return Promise.all(
      names.map(async (name) => ({ file: join(folder, name), storedAt: (await stat(join(folder, name))).mtimeMs })),
    );
  }

  // The path comes from a status, which others can write.
  #fileOf({ path }: Pick<ArtifactStatus, 'path'>): string | null {
    const file = resolve(this.#folder, path);
    return file.startsWith(`${this.#folder}/`) ? file : null;
  }
}

/** Another name for the same file, which takes the place of the one before at once. */
async function linkLatest(file: string, folder: string): Promise<void> {
  const temporary = `${file}-latest`;
  await link(file, temporary);
  await rename(temporary, join(folder, latestName));
}

const fullCodes = new Set(['ENOSPC', 'EDQUOT']);

/** What the system says about the disk becomes a sentence; everything else stays what it is. */
function describeWriteFailure(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !/^E[A-Z]+$/.test(code) || error instanceof TagalongError) return error;
  const advice = fullCodes.has(code)
    ? 'the disk is full; make room or give it a larger volume'
    : `${code}; check the rights and the volume of the state folder`;
  return new SourceError('STORAGE_FAILED', `unable to store the artifact in ${folder}: ${advice}`, { cause: error });
}

async function writeStream(
  file: string,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  await using handle = await open(file, 'wx', 0o600);
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
    await handle.write(chunk);
  }
  await handle.sync();
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}
