import type { Kustomization } from '../api/index.ts';
import type { Builder } from '../build/index.ts';
import {
  type Artifacts,
  type Clock,
  type Cluster,
  type ErrorDetails,
  type KubeObject,
  type Log,
  type SourceRef,
  type Store,
  TagalongError,
  type Wake,
} from '../core/index.ts';
import type { Expressions } from '../expression/index.ts';
import type { DriftWatcher } from './drift-watcher.ts';
import type { DecryptionTools } from './kustomization-decryption.ts';

export interface KustomizationDeps {
  /** Where the objects are applied. */
  readonly cluster: Cluster;
  /** Where Kustomizations live, and the ConfigMaps and Secrets they refer to. */
  readonly home: Cluster;
  readonly artifacts: Artifacts;
  readonly builder: Builder;
  readonly decryption: DecryptionTools;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly wake: Wake;
  readonly drift: DriftWatcher;
  /** For `readyExpr` and `healthCheckExprs`. */
  readonly expressions: Expressions;
  /** Every Kustomization there is, as the API last told. */
  list(): readonly Kustomization[];
  /** A source object as the API last told. */
  source(ref: SourceRef): KubeObject | undefined;
  /**
   * Brings the artifact of a source that another process serves into memory, unless it is there; does nothing for our own sources.
   * Throws KustomizationError with reason ArtifactFailed.
   */
  obtainArtifact?(ref: SourceRef, source: KubeObject, signal: AbortSignal): Promise<void>;
  /** Asks a source to make its artifact again: after a restart it is not in memory. */
  requestArtifact(source: SourceRef): void;
  /** Where this process runs in the cluster; never deleted by it. */
  readonly self?: { readonly namespace: string; readonly deployment?: string };
  /** A source of another namespace may not be used. */
  readonly noCrossNamespaceRefs?: boolean;
  /** Requests at a time for one Kustomization. */
  readonly concurrency?: number;
}

/**
 * - SOURCE_MISSING: the source object is not there.
 * - FAILED: a step failed; `cause` tells.
 */
export type KustomizationErrorCode = 'SOURCE_MISSING' | 'FAILED';

/** What status and conditions should carry about a failed run. */
export interface FailureFacts {
  readonly reason: string;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly unhealthy?: string;
  /** Annotations of the event about it. */
  readonly eventMetadata?: Readonly<Record<string, string>>;
  /** Worth another try soon: the API was away or busy. */
  readonly transient: boolean;
}

/** A run that failed, with the reason and the facts that users of Flux find in status. */
export class KustomizationError extends TagalongError<KustomizationErrorCode> {
  readonly facts: FailureFacts;

  constructor(code: KustomizationErrorCode, message: string, facts: FailureFacts, details: ErrorDetails = {}) {
    super(code, message, { ...details, reason: facts.reason });
    this.facts = facts;
  }
}
