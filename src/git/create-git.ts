import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type CheckAddress, createEgressCheck } from '../auth/index.ts';
import { type Clock, type Git, type GitMirror, type GitRemote, type Log, silentLog, systemClock } from '../core/index.ts';
import { describeEnvironment, type Environment } from './environment.ts';
import { Mirror } from './mirror.ts';
import { openMirrorFolder, removeUnused, touchMirror } from './mirror-folder.ts';
import { identifyMirror, loadIdentityKey } from './mirror-identity.ts';
import { Network } from './network.ts';
import { removePrivateLeftovers } from './open-remote.ts';
import { checkRemoteUrl } from './remote-url.ts';
import type { OneAtATime } from './shared-task.ts';

export interface GitOptions {
  /** Mirrors are kept under `<stateFolder>/mirrors`; one process at a time uses it. Losing it costs a fetch. */
  readonly stateFolder: string;
  readonly log?: Log;
  readonly clock?: Clock;
  /** Lets remotes be `file://` URLs: tests and one-shot runs on a checkout. */
  readonly allowFileUrls?: boolean;
  /** The largest blob that is read whole; default 100 MiB. */
  readonly maxBlobBytes?: number;
  /** Which addresses remotes may have; default: all but link-local and metadata ones. */
  readonly checkAddress?: CheckAddress;
  /** Called right before each push, once nothing is waited for any more; what it throws refuses the push. */
  readonly beforePush?: (branch: string) => void;
}

export interface ClosableGit extends Git {
  /** Ends every git process that was started; afterwards mirrors must not be used. */
  close(): Promise<void>;
}

interface Prepared {
  readonly mirrors: string;
  readonly key: Buffer;
  readonly environment: Environment;
}

const defaultMaxBlobBytes = 100 * 1_048_576;
const keepUnusedMs = 7 * 24 * 3_600_000;

/** Git through the git binary on PATH, with mirrors in the state folder. Nothing is read or written before the first `mirror()`. */
export function createGit(options: GitOptions): ClosableGit {
  const mirrors = new Map<string, Promise<Mirror>>();
  const writers = new Map<string, OneAtATime>();
  let prepared: Promise<Prepared> | null = null;
  return {
    async mirror(remote: GitRemote): Promise<GitMirror> {
      checkRemoteUrl(remote.url, options.allowFileUrls ?? false);
      prepared ??= prepare(options).catch((error: unknown) => {
        prepared = null;
        throw error;
      });
      const parts = await prepared;
      const identity = identifyMirror(remote, parts.key);
      const known = mirrors.get(identity);
      if (known !== undefined) {
        const mirror = await known;
        if (remote.owner !== undefined) mirror.renew(remote);
        await mirror.mend();
        return mirror;
      }
      // Registered before the first await: two callers of one moment must not open it twice.
      const opening = sweep(identity, parts, mirrors, options).then(() => openMirror(remote, identity, parts, writers, options));
      mirrors.set(identity, opening);
      opening.catch(() => mirrors.delete(identity)); // the next caller tries again
      return opening;
    },
    async close(): Promise<void> {
      const opened = await Promise.allSettled(mirrors.values());
      mirrors.clear();
      await Promise.all(opened.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
    },
  };
}

async function prepare({ stateFolder }: GitOptions): Promise<Prepared> {
  const mirrors = resolve(stateFolder, 'mirrors');
  const home = join(mirrors, '.home');
  await mkdir(home, { recursive: true, mode: 0o700 });
  await removePrivateLeftovers();
  return { mirrors, key: await loadIdentityKey(mirrors), environment: describeEnvironment(home) };
}

/** Forgets and deletes mirrors that nobody fetched for long: whenever one is opened, so that their number stays bounded. */
async function sweep(
  opening: string,
  { mirrors: folder }: Prepared,
  mirrors: Map<string, Promise<Mirror>>,
  { clock = systemClock }: GitOptions,
): Promise<void> {
  for (const identity of await removeUnused(folder, clock.now() - keepUnusedMs)) {
    if (identity === opening) continue; // it is made again
    const forgotten = mirrors.get(identity);
    mirrors.delete(identity);
    await (await forgotten)?.close();
  }
}

async function openMirror(
  remote: GitRemote,
  identity: string,
  parts: Prepared,
  writers: Map<string, OneAtATime>,
  options: GitOptions,
): Promise<Mirror> {
  const { log = silentLog, clock = systemClock, maxBlobBytes = defaultMaxBlobBytes, beforePush = () => {} } = options;
  const checkAddress = options.checkAddress ?? createEgressCheck({ allowLoopback: true });
  const { environment } = parts;
  const folder = join(parts.mirrors, identity);
  const repository = { folder, environment };
  await openMirrorFolder(repository, log);
  await touchMirror(folder, clock.now() / 1_000);
  const network = new Network({ remote, folder, environment, log, checkAddress });
  return new Mirror({ repository, network, log, clock, maxBlobBytes, writers, beforePush });
}
