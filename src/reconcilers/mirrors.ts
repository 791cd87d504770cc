import type { GitRepository } from '../api/index.ts';
import type { CloudAccount, GitLogins } from '../auth/index.ts';
import type { Clock, Cluster, Git, GitMirror, Instant, Oid } from '../core/index.ts';
import { clusterReader } from './registry-access.ts';
import { readSecret } from './secrets.ts';

export interface MirrorDeps {
  readonly cluster: Cluster;
  readonly git: Git;
  readonly logins: GitLogins;
}

/** Opens the mirror of a GitRepository, with the Secrets it names in its own namespace and the login of its provider. */
export async function openMirror(repository: GitRepository, deps: MirrorDeps, signal: AbortSignal): Promise<GitMirror> {
  const { url, provider, secretRef, proxySecretRef } = repository.spec;
  const read = (ref: typeof secretRef) =>
    ref === undefined ? null : readSecret(deps.cluster, repository.metadata.namespace ?? '', ref.name, signal);
  const [secret, proxySecret] = await Promise.all([read(secretRef), read(proxySecretRef)]);
  const account = await readAccount(repository, deps, signal);
  return deps.git.mirror(await deps.logins.open({ url, provider, secret, proxySecret, account }));
}

async function readAccount(
  { spec, metadata: { namespace = '' } }: GitRepository,
  { cluster }: MirrorDeps,
  signal: AbortSignal,
): Promise<CloudAccount | undefined> {
  const name = spec.serviceAccountName;
  if (name === undefined || name === '') return undefined;
  const reader = clusterReader(cluster, namespace, signal);
  const { metadata } = await reader.readServiceAccount(name);
  const createToken = (audience: string) => reader.createToken(name, audience);
  return { namespace, name, annotations: metadata.annotations ?? {}, createToken };
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
  /** By branch; '' is all of them. */
  readonly #freshAt = new WeakMap<GitMirror, Map<string, Instant>>();
  readonly #pushed = new WeakMap<GitMirror, Map<string, Push>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The remote said just now that `branch` is where the mirror has it. Nothing follows for its other branches. */
  markFresh(mirror: GitMirror, branch: string): void {
    const times = this.#freshAt.get(mirror) ?? new Map<string, Instant>();
    this.#freshAt.set(mirror, times.set(branch, this.#clock.now()));
  }

  /** Fetches unless `branch` was known to be fresh within `maxAgeMs`. */
  async refresh(mirror: GitMirror, branch: string, maxAgeMs: number, signal?: AbortSignal): Promise<void> {
    const times = this.#freshAt.get(mirror);
    const freshAt = Math.max(times?.get('') ?? Number.NEGATIVE_INFINITY, times?.get(branch) ?? Number.NEGATIVE_INFINITY);
    const age = this.#clock.now() - freshAt;
    // A source needs no history, but whoever writes does: it is what tells whether a version was taken back.
    // A branch that is missing may only have been missing in one answer: it is asked for each time.
    if (age <= maxAgeMs && (await mirror.isWhole()) && (await mirror.refs()).has(`refs/heads/${branch}`)) return;
    await mirror.fetch(signal);
    this.markFresh(mirror, '');
  }

  /** Remembers what we pushed to a branch. */
  announce(mirror: GitMirror, branch: string, commit: Oid): void {
    const pushes = this.#pushed.get(mirror) ?? new Map<string, Push>();
    pushes.set(branch, { commit, at: this.#clock.now(), takers: new Set() });
    this.#pushed.set(mirror, pushes);
    this.markFresh(mirror, branch);
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
