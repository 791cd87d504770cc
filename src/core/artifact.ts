import type { Oid } from './git.ts';

/** The same shape as Flux's `status.artifact`. */
export interface ArtifactStatus {
  path: string;
  url: string;
  /** `main@sha1:<oid>`. */
  revision: string;
  /** `sha256:<hex>` of the tar.gz. */
  digest: string;
  lastUpdateTime: string;
  size?: number;
  metadata?: Record<string, string>;
}

/** One file of a source at a revision, symlinks and ignored files already left out. */
export interface ArtifactFile {
  /** From the root of the artifact, `/`-separated, never absolute, never with `..`. */
  readonly path: string;
  readonly executable: boolean;
  read(): Promise<Buffer>;
}

/** A source at a revision: what builds read. Content-addressed, so it can be cached for ever. */
export interface Artifact {
  readonly revision: string;
  readonly commit?: Oid;
  /** Changes exactly when any file under `path` changes: the git tree's oid, or a digest over the files. Null when nothing is there. */
  contentKey(path: string): Promise<string | null>;
  /** Every file under `path` ('' = root), sorted by path. */
  files(path: string): Promise<readonly ArtifactFile[]>;
  /** Materialises all files under a new private folder for tools that need one; the caller disposes it. */
  extract(): Promise<{ readonly folder: string } & AsyncDisposable>;
}

/** Artifacts by the source object that made them. Reconcilers of sources put, reconcilers of Kustomizations get. */
export interface Artifacts {
  put(source: SourceRef, artifact: Artifact): void;
  /** The source's artifact if it is at `revision`; null when it is gone (a restart), and the source has to make it again. */
  get(source: SourceRef, revision: string): Artifact | null;
  drop(source: SourceRef): void;
}

export interface SourceRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}
