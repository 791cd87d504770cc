import type { GitMirror, MarkerPart, NamespacedName, Oid } from '../core/index.ts';
import type { BlobReader } from './blob-reader.ts';
import { findUnit } from './compare-versions.ts';
import type { HoldQuestion } from './create-hold-finder.ts';
import { isNewer } from './decide-hold.ts';
import { samePolicy, type Version, versionOf } from './version.ts';

/** What our last push to the branch left there, as status remembers it. */
export interface LastPush {
  readonly commit: Oid;
  /** What it wrote, for the case that the commit is gone everywhere. */
  readonly edits?: readonly PushedEdit[];
}

export interface PushedEdit {
  readonly policy: NamespacedName;
  readonly part: MarkerPart;
  readonly value: string;
  /** Absent: any file. */
  readonly file?: string;
}

export type DroppedPush =
  | { readonly kind: 'none' }
  | { readonly kind: 'dropped'; readonly because: string }
  | { readonly kind: 'unknown'; readonly because: string };

type PushReader = { readonly mirror: Pick<GitMirror, 'has' | 'isAncestor' | 'entry'>; readonly blobs: BlobReader };

/**
 * Whether `newValue` stood in our last push and was dropped with it by a reset or a force-push, which counts as a revert.
 * `decidedBy` is the commit that freed the value in the history at hand: it counts only if it came after the rewrite.
 */
export async function findDroppedPush(reader: PushReader, question: HoldQuestion, decidedBy: Oid | null): Promise<DroppedPush> {
  const { lastPush, head } = question;
  if (lastPush === undefined) return { kind: 'none' };
  if (!(await reader.mirror.has(lastPush.commit))) return fromRememberedEdits(question, lastPush);
  if (await reader.mirror.isAncestor(lastPush.commit, head)) return { kind: 'none' };
  if (decidedBy !== null && !(await reader.mirror.isAncestor(decidedBy, lastPush.commit))) return { kind: 'none' };
  const pushed = await pushedVersion(reader, question, lastPush.commit);
  return pushed && goesBack(question, pushed) ? dropped(question, lastPush.commit) : { kind: 'none' };
}

async function pushedVersion(
  { mirror, blobs }: PushReader,
  { marker, newValue }: HoldQuestion,
  commit: Oid,
): Promise<Version | null> {
  const entry = await mirror.entry(commit, marker.file);
  const markers = (await blobs.markers(marker.file, entry?.type === 'blob' ? entry : null)) ?? [];
  const unit = findUnit(marker, markers);
  const pushed = unit ? [unit] : markers.filter((other) => other.part === marker.part && samePolicy(other, marker));
  const found = pushed.find(({ value }) => value === newValue);
  return found ? versionOf(found, markers) : null;
}

function fromRememberedEdits(question: HoldQuestion, { commit, edits }: LastPush): DroppedPush {
  const { marker, newValue } = question;
  if (edits === undefined) {
    const because = `our last push ${commit.slice(0, 7)} is neither in the branch nor in the mirror: its history was rewritten, and whether ${newValue} was taken back cannot be told`;
    return { kind: 'unknown', because };
  }
  const wrote = edits.some(
    (edit) =>
      edit.value === newValue &&
      edit.part === marker.part &&
      samePolicy(edit, marker) &&
      (edit.file === undefined || edit.file === marker.file),
  );
  return wrote && goesBack(question, versionOf({ ...marker, value: newValue }, []))
    ? dropped(question, commit)
    : { kind: 'none' };
}

/** The branch carries something newer than what was dropped: then nobody went back. */
function goesBack({ marker, orderTags }: HoldQuestion, pushed: Version): boolean {
  return !isNewer(versionOf(marker, []), pushed, orderTags);
}

function dropped({ marker, newValue }: HoldQuestion, commit: Oid): DroppedPush {
  const because = `the branch was reset or force-pushed: ${commit.slice(0, 7)}, which wrote ${newValue}, is no longer in it, and ${marker.value} is back`;
  return { kind: 'dropped', because };
}
