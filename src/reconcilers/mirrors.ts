import type { GitRepository } from '../api/index.ts';
import { gitCredentials } from '../auth/index.ts';
import type { Clock, Cluster, Git, GitMirror, Instant, Oid } from '../core/index.ts';
import { readSecret } from './secrets.ts';

/** Opens the mirror of a GitRepository, with the Secret it names in its own namespace. */
export async function openMirror(
  repository: GitRepository,
  deps: { cluster: Cluster; git: Git },
  signal: AbortSignal,
): Promise<GitMirror> {
  const { url, secretRef } = repository.spec;
  const secret =
    secretRef === undefined ? null : await readSecret(deps.cluster, repository.metadata.namespace ?? '', secretRef.name, signal);
  return deps.git.mirror(gitCredentials(secret, url));
}

interface Push {
  readonly commit: Oid;
  readonly at: Instant;
  /** Who has followed it already. */
  readonly takers: Set<string>;
}

const newsLastMs = 30_000;

/**
 * When each mirror was last known to be as its remote, and pushes of our own that a source may follow without asking the remote.
 * Mirrors are shared by equal remotes, so equal credentials are what makes a push known to a source.
 */
export class MirrorNews {
  readonly #clock: Clock;
  readonly #freshAt = new WeakMap<GitMirror, Instant>();
  readonly #pushed = new WeakMap<GitMirror, Map<string, Push>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  markFresh(mirror: GitMirror): void {
    this.#freshAt.set(mirror, this.#clock.now());
  }

  /** Fetches unless the mirror was fresh within `maxAgeMs`. */
  async refresh(mirror: GitMirror, maxAgeMs: number, signal?: AbortSignal): Promise<void> {
    const age = this.#clock.now() - (this.#freshAt.get(mirror) ?? Number.NEGATIVE_INFINITY);
    if (age <= maxAgeMs) return;
    await mirror.fetch(signal);
    this.markFresh(mirror);
  }

  /** Remembers what we pushed to a branch. */
  announce(mirror: GitMirror, branch: string, commit: Oid): void {
    const pushes = this.#pushed.get(mirror) ?? new Map<string, Push>();
    pushes.set(branch, { commit, at: this.#clock.now(), takers: new Set() });
    this.#pushed.set(mirror, pushes);
    this.markFresh(mirror);
  }

  /**
   * The commit we pushed to `branch` just now, once for each taker. Null when there is none, or when the mirror has seen the branch move on
   * since: then the remote has to be asked.
   */
  async takePush(mirror: GitMirror, branch: string, taker: string): Promise<Oid | null> {
    const push = this.#pushed.get(mirror)?.get(branch);
    if (push === undefined || push.takers.has(taker) || this.#clock.now() - push.at > newsLastMs) return null;
    push.takers.add(taker);
    return (await mirror.refs()).get(`refs/heads/${branch}`) === push.commit ? push.commit : null;
  }
}
