import type { Instant } from './clock.ts';
import type { GroupVersionKind, KubeObject, NamespacedName, ObjectRef } from './object.ts';

export interface ApiResource extends GroupVersionKind {
  /** The plural in URLs. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Ask for PartialObjectMetadata: objects then carry apiVersion, kind and metadata alone. */
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface WatchOptions extends ListOptions {
  readonly signal: AbortSignal;
  /** Told each time the server cannot be reached or ends the watch with an error; it goes on by itself. */
  readonly onInterrupted?: (error: unknown) => void;
}

export interface WriteOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  readonly force: boolean;
}

export interface PatchOptions extends WriteOptions {
  readonly type: 'merge' | 'json';
  readonly subresource?: 'status' | 'scale';
}

export interface DeleteOptions {
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  /** Only if the object still has this uid. */
  readonly uid?: string;
  readonly signal?: AbortSignal;
}

export interface TokenOptions {
  readonly audiences: readonly string[];
  /** Default one hour. */
  readonly lifetimeSeconds?: number;
  readonly signal?: AbortSignal;
}

export interface AccountToken {
  /** Never to be shown. */
  readonly token: string;
  readonly expiresAt: Instant;
}

/** What a watch tells. `synced` follows every full listing (first start, and after an expired resourceVersion) with all there is. */
export type WatchEvent =
  | { readonly type: 'synced'; readonly objects: readonly KubeObject[] }
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: KubeObject };

/**
 * A Kubernetes API, spoken to as one identity. Objects go in and out as plain JSON with every field kept. A missing object
 * is null, any other refusal a `ClusterError` whose code tells what it was (NOT_FOUND for a missing kind or namespace,
 * CONFLICT, INVALID, FORBIDDEN, GONE, TOO_MANY_REQUESTS, TIMEOUT, UNREACHABLE, …) and whose message is the server's.
 */
export interface Cluster {
  /** Server address, for messages. */
  readonly server: string;
  /** The resource of a kind, or null when the server has none. Cached; asked again (once, not more often than each second) on a miss. */
  resource(kind: GroupVersionKind): Promise<ApiResource | null>;
  get(ref: ObjectRef, signal?: AbortSignal): Promise<KubeObject | null>;
  list(kind: GroupVersionKind, options?: ListOptions): Promise<{ items: KubeObject[]; resourceVersion: string }>;
  /**
   * Lists, then watches, until `signal` aborts: reconnects with jittered delays, uses bookmarks, lists again when the version expired.
   * Resolves when aborted. Rejects only if the kind is missing or may not be listed (FORBIDDEN).
   */
  watch(kind: GroupVersionKind, options: WatchOptions, observer: (event: WatchEvent) => void): Promise<void>;
  create(object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** Server-side apply. */
  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject>;
  patch(ref: ObjectRef, body: unknown, options: PatchOptions): Promise<KubeObject>;
  /** Resolves to 'absent' when there was nothing to delete. Deleted means accepted: finalizers may keep it for a while. */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<'deleted' | 'absent'>;
  /** A new token of a ServiceAccount for these audiences. */
  createToken(account: NamespacedName, options: TokenOptions): Promise<AccountToken>;
  /** The same API as another user (`system:serviceaccount:<ns>:<name>`); connections are shared. */
  impersonate(user: string): Cluster;
  close(): Promise<void>;
}
