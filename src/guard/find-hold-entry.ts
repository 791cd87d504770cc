import type { UpdateGuard } from '../api/index.ts';
import { formatKey, type Instant } from '../core/index.ts';
import { checkRange, parseRange, parseVersion } from '../select/index.ts';
import type { Bump } from './decide-bump.ts';

export type HoldEntry = NonNullable<UpdateGuard['spec']['holds']>[number];

export type FoundHold =
  | { readonly kind: 'held'; readonly hold: HoldEntry }
  /** A digest is held, and that of the bump is not known. */
  | { readonly kind: 'unknown'; readonly hold: HoldEntry };

/** The entry that keeps a bump out, or null. An entry whose end has come says nothing; a tag that moves does not get around one for its digest. */
export function findHoldEntry(holds: readonly HoldEntry[], guardNamespace: string, bump: Bump, now: Instant): FoundHold | null {
  const current = holds.filter(
    ({ policy, until }) => namesPolicy(policy, guardNamespace, bump) && (until === undefined || now < Date.parse(until)),
  );
  const held = current.find((hold) => holdsTag(hold, bump.tag) || holdsDigest(hold, bump.digest));
  if (held !== undefined) return { kind: 'held', hold: held };
  const unknown = bump.digest === null ? current.find(({ digests = [] }) => digests.length > 0) : undefined;
  return unknown === undefined ? null : { kind: 'unknown', hold: unknown };
}

function namesPolicy(text: string, guardNamespace: string, { policy }: Bump): boolean {
  return (text.includes('/') ? text : `${guardNamespace}/${text}`) === formatKey(policy);
}

function holdsTag({ tags = [], range }: HoldEntry, tag: string): boolean {
  return tags.includes(tag) || (range !== undefined && isInRange(range, tag));
}

function holdsDigest({ digests = [] }: HoldEntry, digest: string | null): boolean {
  return digest !== null && digests.includes(digest);
}

/** A hold on a range takes the pre-releases within it along, other than a policy, which has to name them. */
function isInRange(text: string, tag: string): boolean {
  const [range, parsed] = [parseRange(text), parseVersion(tag)];
  return range.kind === 'range' && parsed.kind === 'version' && checkRange(range.range, parsed.version) !== 'outside';
}
