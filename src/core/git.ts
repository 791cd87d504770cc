import type { Secret } from './log.ts';

/** A full object id: 40 (or 64) hex digits. */
export type Oid = string;

export type GitCredentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'bearer'; readonly token: Secret }
  | { readonly kind: 'ssh'; readonly identity: Secret; readonly knownHosts: string; readonly passphrase?: Secret };

/**
 * What opens a remote. Two remotes are the same mirror only if all of this is equal: nobody reads a private repository
 * by naming the URL that somebody else's key opened.
 */
export interface GitRemote {
  /** http(s)://, ssh:// or file://; never with user information, but for the login name of ssh (`git` where there is none). */
  readonly url: string;
  readonly credentials: GitCredentials;
  /** PEM text of the certificate authority to trust. */
  readonly ca?: string;
  readonly clientCertificate?: { readonly certificate: string; readonly key: Secret };
  readonly proxy?: string;
  /**
   * Whose mirror it is where the credentials are short-lived tokens: a text that only the holder of the long-lived secret can
   * bring (a digest of that secret). Without it the credentials themselves decide, and every new token means a new mirror.
   */
  readonly owner?: string;
}

export interface GitSignature {
  readonly name: string;
  readonly email: string;
  /** Seconds since the epoch. */
  readonly seconds: number;
}

export interface Commit {
  readonly oid: Oid;
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly author: GitSignature;
  readonly committer: GitSignature;
  /** The whole message with its trailers. */
  readonly message: string;
}

export interface TreeEntry {
  /** From the root of the tree, `/`-separated. */
  readonly path: string;
  /** 100644, 100755, 120000 (symlink), 160000 (submodule). */
  readonly mode: string;
  readonly oid: Oid;
}

/** One path that differs between two trees; an oid is null where the path is absent. */
export interface TreeChange {
  readonly path: string;
  readonly before: { readonly oid: Oid; readonly mode: string } | null;
  readonly after: { readonly oid: Oid; readonly mode: string } | null;
}

/** One commit of a history walk: what it changed against each of its parents (one entry a parent; a root has one, against nothing). */
export interface HistoryStep {
  readonly commit: Commit;
  readonly changes: readonly { readonly parent: Oid | null; readonly changes: readonly TreeChange[] }[];
}

export interface NewCommit {
  readonly parent: Oid;
  /** Path → new bytes; null deletes. Modes of existing files are kept. */
  readonly files: ReadonlyMap<string, Buffer | null>;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly seconds: number;
  /** Makes the text of the `gpgsig` header from the commit without it. */
  readonly sign?: (payload: Buffer) => Promise<string>;
}

export type PushOutcome =
  | { readonly kind: 'pushed' }
  /** The remote branch is no longer where it was: fetch, plan again, push again. */
  | { readonly kind: 'moved' }
  /** The server said no (hook, protection, permissions); `message` is its text, cleaned. */
  | { readonly kind: 'refused'; readonly message: string };

/** A bare mirror of one remote in the state folder; every method reads or writes there, only fetch, list and push use the network. */
export interface GitMirror {
  readonly remote: GitRemote;
  /**
   * Incremental fetch of all branches and tags (pruned) with all their history. Afterwards `refs()` is what the remote had and the mirror is
   * whole. Concurrent calls share one fetch.
   */
  fetch(signal?: AbortSignal): Promise<void>;
  /** `ls-remote`: refs of the remote right now, annotated tags peeled under `^{}`; fetches no objects. */
  listRemote(signal?: AbortSignal): Promise<ReadonlyMap<string, Oid>>;
  /** Whether it has every branch and tag with its history. Until somebody asks for that by `fetch`, it has only what `fetchRef` brought. */
  isWhole(): Promise<boolean>;
  /**
   * Fetches one ref by its full name, or one commit by its oid, and returns the commit, or null if the remote lacks it. Where the mirror is
   * not whole, what comes is that commit's tree without the history behind it.
   */
  fetchRef(ref: string, signal?: AbortSignal): Promise<Oid | null>;
  /** The refs as last fetched or pushed: `refs/heads/main` → commit; a tag gives the commit it peels to. */
  refs(): Promise<ReadonlyMap<string, Oid>>;
  has(oid: Oid): Promise<boolean>;
  commit(oid: Oid): Promise<Commit>;
  /** Every blob, symlink and submodule under `path` ('' = root), recursively, sorted by path. */
  tree(commit: Oid, path?: string): Promise<readonly TreeEntry[]>;
  /** The oid of the tree or blob at `path` in `commit`, or null. */
  entry(
    commit: Oid,
    path: string,
  ): Promise<{ readonly type: 'tree' | 'blob' | 'commit'; readonly oid: Oid; readonly mode: string } | null>;
  blob(oid: Oid): Promise<Buffer>;
  /** An object as it is stored, which is what signatures are over; null when the mirror lacks it. */
  object(oid: Oid): Promise<{ readonly type: string; readonly bytes: Buffer } | null>;
  /** The tag object that `refs/tags/<tag>` names; null where it names a commit itself, or is not there. */
  tagObject(tag: string): Promise<Oid | null>;
  /** The settings in a blob of git's configuration format (`.gitmodules`), names lower-cased as git does; nothing it says takes effect. */
  settings(blob: Oid): Promise<readonly (readonly [name: string, value: string])[]>;
  /** Paths that differ between two commits (or trees), recursively, without rename detection. */
  diff(before: Oid, after: Oid): Promise<readonly TreeChange[]>;
  isAncestor(ancestor: Oid, descendant: Oid): Promise<boolean>;
  mergeBase(a: Oid, b: Oid): Promise<Oid | null>;
  /**
   * `git log --topo-order --full-history -m --raw` from `from`, newest first, limited to commits that changed one of `paths`
   * (against any parent). Yields lazily: the reader stops when it knows enough.
   */
  history(from: Oid, paths: readonly string[]): AsyncIterable<HistoryStep>;
  /** Writes blobs, trees along the changed paths and the commit; touches no ref. Returns the new commit. */
  writeCommit(commit: NewCommit): Promise<Oid>;
  /** Pushes `commit` to `refs/heads/<branch>`, only if the remote branch is still `expected` (null = must not exist). Afterwards `refs()` knows it. */
  push(branch: string, commit: Oid, expected: Oid | null, options?: PushOptions): Promise<PushOutcome>;
  /** Deletes the branch, only if the remote still has it at `expected`. Afterwards `refs()` lacks it. */
  deleteBranch(branch: string, expected: Oid, signal?: AbortSignal): Promise<PushOutcome>;
  /** Runs `task` as the only writer of (remote, branch) in this process. */
  asOnlyWriter<T>(branch: string, task: () => Promise<T>): Promise<T>;
}

export interface PushOptions {
  readonly pushOptions?: readonly string[];
  /** A further refspec (`HEAD:refs/heads/x`) pushed with the same commit, never forced. */
  readonly refspec?: string;
  /** Lets a bot's own push branch be rewritten (`--force-with-lease=<ref>:<expected>`). */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

export interface Git {
  /** The mirror of a remote; made on first use, shared by equal remotes. */
  mirror(remote: GitRemote): Promise<GitMirror>;
}
