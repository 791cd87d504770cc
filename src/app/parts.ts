import type { CheckAddress, GitLogins } from '../auth/index.ts';
import type { Artifacts, Forges, Git, Registry, Store } from '../core/index.ts';
import type { Engine } from '../engine/index.ts';
import type { MirrorNews, RemoteClusters } from '../reconcilers/index.ts';
import type { ContentStore } from '../source/index.ts';
import type { AppOptions } from './options.ts';

/** What the reconcilers are made of, constructed once. */
export interface Parts {
  readonly options: AppOptions;
  readonly engine: Engine;
  readonly store: Store;
  readonly git: Git;
  readonly logins: GitLogins;
  readonly registry: Registry;
  readonly forges: Forges;
  readonly news: MirrorNews;
  readonly artifacts: Artifacts;
  /** The same without anybody being woken: whoever downloads one is at work on it. */
  readonly memory: Artifacts;
  /** Of what is downloaded to be built from. */
  readonly contents: ContentStore;
  readonly checkAddress: CheckAddress;
  readonly remotes: RemoteClusters;
}
