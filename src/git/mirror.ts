import type { Clock, GitMirror, GitRemote, Log, NewCommit, Oid, PushOptions, PushOutcome } from '../core/index.ts';
import { errorMessage } from '../core/index.ts';
import { checkBranch, checkRef, isOid } from './check-name.ts';
import { cleanText } from './clean-text.ts';
import { GitError } from './error.ts';
import { findMissing, isShallow, isWholeMirror, makeAnew, noteWhole, touchMirror } from './mirror-folder.ts';
import { MirrorMaintenance } from './mirror-maintenance.ts';
import type { Network } from './network.ts';
import { pushBranch, pushDeletion } from './push-branch.ts';
import { isSameRefs, peelRef, readRefs } from './read-refs.ts';
import { remoteKey } from './remote-url.ts';
import { RepositoryReader } from './repository-reader.ts';
import type { Repository } from './run-git.ts';
import { OneAtATime, SharedTask } from './shared-task.ts';
import { writeCommit } from './write-commit.ts';

export interface MirrorParts {
  readonly repository: Repository;
  readonly network: Network;
  readonly log: Log;
  readonly clock: Clock;
  readonly maxBlobBytes: number;
  /** One queue for each (remote, branch) of the process, whatever credentials its writers have. */
  readonly writers: Map<string, OneAtATime>;
  readonly beforePush: (branch: string) => void;
}

const branchesAndTags = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];

/** Branches and tags keep their names; whatever else was fetched stands apart from them. */
function targetOf(source: string): string {
  return /^refs\/(heads|tags)\//.test(source) ? source : `refs/tagalong/${source.replace(/^refs\//, '')}`;
}

/** A bare mirror of one remote: see `GitMirror`. */
export class Mirror extends RepositoryReader implements GitMirror {
  readonly #parts: MirrorParts;
  /** Fetches and pushes: a fetch that listed the refs before a push would set them back after it. */
  readonly #turn = new OneAtATime();
  readonly #sharedFetch: SharedTask;
  readonly #maintenance: MirrorMaintenance;
  readonly #closing = new AbortController();
  #refs: Promise<ReadonlyMap<string, Oid>> | null = null;
  /** What could not be read: an object, or null for something unknown; absent when all is well. */
  #suspect: { readonly oid: Oid | null } | undefined;

  constructor(parts: MirrorParts) {
    super(parts.repository, parts.maxBlobBytes);
    this.#parts = parts;
    this.#maintenance = new MirrorMaintenance(parts.repository, this.#turn, parts.log);
    this.#sharedFetch = new SharedTask(this.#turn, (signal) => this.#fetchNow(signal));
  }

  get remote(): GitRemote {
    return this.#parts.network.remote;
  }

  /** Takes over a newer token of the same owner. */
  renew(remote: GitRemote): void {
    this.#parts.network.renew(remote);
  }

  /** Notes that it is in use. Afterwards it is sound, if empty, where its folder was deleted or something in it could not be read. */
  async mend(): Promise<void> {
    const isThere = await this.#note().then(
      () => true,
      () => false,
    );
    if (isThere && this.#suspect === undefined) return;
    await this.#turn.run(async () => {
      await this.#touch();
      await this.#checkSuspicion();
    });
  }

  fetch(signal?: AbortSignal): Promise<void> {
    return this.#sharedFetch.run(signal, `fetching '${this.remote.url}'`);
  }

  listRemote(signal?: AbortSignal): Promise<ReadonlyMap<string, Oid>> {
    return this.#parts.network.list(signal);
  }

  async fetchRef(ref: string, signal?: AbortSignal): Promise<Oid | null> {
    const source = isOid(ref) ? ref : checkRef(ref);
    const target = targetOf(source);
    const signals = AbortSignal.any([...(signal ? [signal] : []), this.#closing.signal]);
    return this.#turn.run(async () => {
      try {
        await this.#fetchOne(`+${source}:${target}`, target, signals);
      } catch (error) {
        if (error instanceof GitError && error.code === 'REF_NOT_FOUND') return null;
        throw error;
      }
      return peelRef(this.repository, target);
    });
  }

  isWhole(): Promise<boolean> {
    return isWholeMirror(this.repository.folder);
  }

  refs(): Promise<ReadonlyMap<string, Oid>> {
    this.#refs ??= this.noticing(readRefs(this.repository)).catch((error: unknown) => {
      this.#refs = null;
      throw error;
    });
    return this.#refs;
  }

  writeCommit(commit: NewCommit): Promise<Oid> {
    return this.noticing(writeCommit(this.repository, this.reader, commit), commit.parent);
  }

  async push(branch: string, commit: Oid, expected: Oid | null, options: PushOptions = {}): Promise<PushOutcome> {
    const ref = checkBranch(branch);
    if (expected !== null && !options.force && !(await this.isAncestor(expected, commit))) {
      throw new GitError(
        'NOT_FAST_FORWARD',
        `pushing ${commit} to '${branch}' was refused: it does not follow ${expected}, and force was not asked for`,
      );
    }
    return this.#turn.run(async () => {
      this.#parts.beforePush(branch);
      const { branchPushed, ...outcome } = await pushBranch(this.#parts.network, {
        url: this.remote.url,
        ref,
        commit,
        expected,
        options,
      });
      if (branchPushed) await this.#setRef(ref, commit);
      // Where nobody else writes, no fetch brings anything: our own objects have to be packed all the same.
      if (branchPushed) this.#maintenance.noteChange();
      return outcome;
    });
  }

  deleteBranch(branch: string, expected: Oid, signal?: AbortSignal): Promise<PushOutcome> {
    const ref = checkBranch(branch);
    return this.#turn.run(async () => {
      this.#parts.beforePush(branch);
      const outcome = await pushDeletion(this.#parts.network, ref, expected, this.remote.url, signal);
      if (outcome.kind === 'pushed') await this.#dropRef(ref);
      return outcome;
    });
  }

  asOnlyWriter<T>(branch: string, task: () => Promise<T>): Promise<T> {
    const key = `${remoteKey(this.remote.url)} ${branch}`;
    const writer = this.#parts.writers.get(key) ?? new OneAtATime();
    this.#parts.writers.set(key, writer);
    return writer.run(task);
  }

  /** Ends every process of this mirror. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the mirror is closed'));
    await this.#turn.run(async () => this.reader.close());
    await this.#maintenance.close();
  }

  async #fetchNow(asked: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([asked, this.#closing.signal]);
    const { folder } = this.repository;
    await this.#fetchMending(async () => {
      const history = (await isShallow(folder)) ? 'whole' : 'as it is';
      await this.#parts.network.fetch(branchesAndTags, { prune: true, history, signal });
    });
    await noteWhole(folder);
  }

  async #fetchOne(refspec: string, target: string, signal: AbortSignal): Promise<void> {
    await this.#fetchMending(async () => {
      const isWhole = await this.isWhole();
      if (!isWhole) await this.#makeWay(target);
      try {
        await this.#parts.network.fetch([refspec], { history: isWhole ? 'as it is' : 'tip', signal });
      } catch (error) {
        if (isWhole || !(error instanceof GitError) || error.code !== 'UNSUPPORTED') throw error;
        await this.#parts.network.fetch([refspec], { history: 'as it is', signal });
      }
    });
  }

  /** Runs a fetch; where the mirror turns out to be damaged, once more into an empty one. */
  async #fetchMending(fetch: () => Promise<void>): Promise<void> {
    await this.#touch();
    await this.#checkSuspicion();
    const before = await this.refs().catch(() => new Map<string, Oid>());
    try {
      await fetch();
    } catch (error) {
      if (!(await this.#isDamage(error))) throw error;
      await this.#rebuild(errorMessage(error));
      await fetch();
    } finally {
      this.#refs = null;
    }
    if (!isSameRefs(before, await this.refs())) this.#maintenance.noteChange();
  }

  /** Nothing prunes a mirror that is not whole: a branch `a` that became `a/b` would stand in the way of its successor. */
  async #makeWay(target: string): Promise<void> {
    for (const ref of (await this.refs().catch(() => new Map<string, Oid>())).keys())
      if (ref.startsWith(`${target}/`) || target.startsWith(`${ref}/`)) await this.git(['update-ref', '-d', ref]);
  }

  async #isDamage(error: unknown): Promise<boolean> {
    if (!(error instanceof GitError)) return false;
    if (error.code === 'CORRUPT_MIRROR') return true;
    // An unknown failure may be the mirror's or the remote's: the mirror can be asked.
    return error.code === 'GIT_FAILED' && (await findMissing(this.repository, null)) !== null;
  }

  /** Somebody may have deleted the state folder underneath: nothing in it is more than a copy. */
  async #touch(): Promise<void> {
    await this.#note().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await this.#rebuild('its folder is gone');
      await this.#note();
    });
  }

  #note(): Promise<void> {
    return touchMirror(this.repository.folder, this.#parts.clock.now() / 1_000);
  }

  async #checkSuspicion(): Promise<void> {
    if (this.#suspect === undefined) return;
    const problem = await findMissing(this.repository, this.#suspect.oid);
    if (problem !== null) await this.#rebuild(problem);
    this.#suspect = undefined;
  }

  async #rebuild(problem: string): Promise<void> {
    this.#parts.log.warn('git mirror is damaged and fetched anew', { url: this.remote.url, problem: cleanText(problem) });
    this.reader.close();
    this.#maintenance.stop();
    await makeAnew(this.repository);
    this.#refs = null;
  }

  async #setRef(ref: string, commit: Oid): Promise<void> {
    await this.git(['update-ref', ref, commit]);
    this.#refs = null;
  }

  async #dropRef(ref: string): Promise<void> {
    await this.git(['update-ref', '-d', ref]);
    this.#refs = null;
  }

  /** Something missing or broken makes the next fetch look closely. */
  protected override noticing<T>(result: Promise<T>, oid: Oid | null = null): Promise<T> {
    return result.catch((error: unknown) => {
      const isMissing = error instanceof GitError && error.code === 'OBJECT_NOT_FOUND' && oid !== null;
      if (isMissing || (error instanceof GitError && error.code === 'CORRUPT_MIRROR')) this.#suspect = { oid };
      throw error;
    });
  }
}
