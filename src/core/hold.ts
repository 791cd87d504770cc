import type { GitSignature, Oid } from './git.ts';
import type { MarkerPart, ObjectIdentity } from './marker.ts';
import type { NamespacedName } from './object.ts';

/** A version the bot must not write again at some marker, and who said so. */
export interface Hold {
  readonly policy: NamespacedName;
  readonly file: string;
  readonly object: ObjectIdentity;
  /** The marker's YAML path. */
  readonly path: string;
  readonly part: MarkerPart;
  /** The rendered value that must not come back. */
  readonly value: string;
  /** What the file carries instead. */
  readonly current: string;
  /** The commit that took it back; null where history was rewritten (reset, force-push). */
  readonly by: { readonly commit: Oid; readonly author: GitSignature; readonly subject: string } | null;
  readonly because: string;
  /** The request that a person closed without merging, by its URL, where that is what holds. */
  readonly request?: string;
}
