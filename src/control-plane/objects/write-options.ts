import type { KubeObject, ManagedFieldsEntry } from '../../core/index.ts';

/** How an object is written. */
export interface WriteOptions {
  /** Who writes, for managedFields. */
  readonly manager: string;
  readonly dryRun?: boolean;
  readonly subresource?: 'status' | 'scale' | 'finalize';
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** Told of fields that were dropped, where fieldValidation is Warn. */
  readonly warn?: (message: string) => void;
  /** Server-side apply: the managedFields of the object that will be stored. Without it the write counts as an update. */
  readonly trackedBy?: (current: KubeObject | null, prepared: KubeObject) => ManagedFieldsEntry[];
}

export interface DeleteOptions {
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}
