import type { Oid } from './git.ts';
import type { Secret } from './log.ts';

export type ForgeKind = 'github' | 'gitlab' | 'gitea';

/** Where a repository is on a forge, and what opens its API. */
export interface ForgeAccess {
  readonly kind: ForgeKind;
  /** Base of the API, without a slash at its end: `https://api.github.com`, `https://gitlab.com`, `https://codeberg.org`. */
  readonly apiUrl: string;
  /** `owner/name`; on GitLab with all its groups. */
  readonly repository: string;
  readonly token: Secret;
  /** PEM text of the certificate authority to trust besides the system's. */
  readonly ca?: string;
}

/** A pull request, or merge request. Its texts are of others: hostile. */
export interface ForgeRequest {
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'merged' | 'closed';
  readonly title: string;
  readonly body: string;
  readonly branch: string;
  readonly base: string;
  /** The last commit of its branch that it knows. */
  readonly head: Oid;
}

export interface NewForgeRequest {
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export type MergeOutcome =
  | { readonly kind: 'merged' }
  /** The forge merges by itself, once its rules are met. */
  | { readonly kind: 'scheduled' }
  | { readonly kind: 'refused'; readonly because: string };

/** One file of a commit that a forge makes. */
export interface ForgeFile {
  readonly path: string;
  /** The blob that stands there. */
  readonly before: Oid;
  readonly content: Buffer;
}

export interface NewForgeCommit {
  /** Exists, at `parent`. */
  readonly branch: string;
  readonly parent: Oid;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly files: readonly ForgeFile[];
}

/** The API of the forge that one repository is on. Failures are ForgeErrors; none carries the token. */
export interface Forge {
  /** `pull request #12`, `merge request !12`. */
  describe(number: number): string;
  /** The ref on which the forge keeps the head of a request, also when its branch is gone. */
  headRef(number: number): string;
  /** Requests from `branch` of the same repository, newest first, whatever became of them. */
  list(branch: string, signal?: AbortSignal): Promise<readonly ForgeRequest[]>;
  /** The name of whoever closed a request; null where the forge does not tell. */
  closedBy(number: number, signal?: AbortSignal): Promise<string | null>;
  open(request: NewForgeRequest, signal?: AbortSignal): Promise<ForgeRequest>;
  edit(number: number, text: Pick<ForgeRequest, 'title' | 'body'>, signal?: AbortSignal): Promise<void>;
  /** Closes without merging, with a comment that says why. */
  close(number: number, comment: string, signal?: AbortSignal): Promise<void>;
  /** Merges, or has it merged once the forge's own rules let it, only while its head is exactly `head`. */
  merge(number: number, order: { readonly head: Oid; readonly method: MergeMethod }, signal?: AbortSignal): Promise<MergeOutcome>;
  /** Makes a commit on a branch, which the forge signs where it signs what is made through it. */
  commit(commit: NewForgeCommit, signal?: AbortSignal): Promise<Oid>;
}

export interface Forges {
  /** The API of one repository; clients are loaded on first use. */
  forge(access: ForgeAccess): Promise<Forge>;
  close(): Promise<void>;
}
