import {
  type Edit,
  type Forge,
  type ForgeRequest,
  formatKey,
  type GitMirror,
  type Hold,
  type Marker,
  type Oid,
} from '../core/index.ts';
import { decodeText, findMarkers } from '../edit/index.ts';
import { type AutomationLook, type Verdict, withhold } from './automation-look.ts';
import type { RequestUnit } from './automation-requests.ts';
import type { AutomationTarget } from './automation-target.ts';
import type { AutomationWishes } from './automation-wishes.ts';

/** Stands before the title of a request that we closed ourselves: nobody said no to what it carried. */
export const supersededPrefix = 'Superseded: ';

/** As far as is looked back, for each branch. */
const closedAtMost = 20;

/**
 * The look with every edit held that a person has turned down: a request of ours that carried it was closed without merging. What it carried is
 * read from its commits, never from its text.
 */
export async function holdClosedRequests(
  look: AutomationLook,
  units: readonly RequestUnit[],
  requests: ReadonlyMap<string, readonly ForgeRequest[]>,
  { target, wishes, forge }: { readonly target: AutomationTarget; readonly wishes: AutomationWishes; readonly forge: Forge },
): Promise<AutomationLook> {
  const held = new Map<Edit, Hold>();
  for (const { branch, writes } of wishes.ignoreHolds ? [] : units) {
    const edits = writes.map(({ edit }) => edit).filter((edit) => !held.has(edit));
    const found = await findTurnedDown(edits, requests.get(branch) ?? [], { mirror: target.mirror, forge });
    for (const [edit, hold] of found) if (!wishes.isReleased(hold)) held.set(edit, hold);
  }
  return held.size === 0 ? look : withHolds(look, held, wishes);
}

/** Those of the edits that a request carried which a person closed without merging, each with the hold that this is. */
export async function findTurnedDown(
  edits: readonly Edit[],
  requests: readonly ForgeRequest[],
  { mirror, forge }: { readonly mirror: GitMirror; readonly forge: Forge },
): Promise<Map<Edit, Hold>> {
  const held = new Map<Edit, Hold>();
  for (const request of requests.filter(isTurnedDown).slice(0, closedAtMost)) {
    const head = await readHead(mirror, forge, request);
    if (head === null) continue;
    const waiting = edits.filter((edit) => !held.has(edit));
    const carried = await carriedBy(mirror, head, waiting);
    const closedBy = carried.length === 0 ? null : await forge.closedBy(request.number);
    for (const edit of carried) held.set(edit, holdOf(edit, request, head, forge, closedBy));
  }
  return held;
}

function isTurnedDown({ state, title }: ForgeRequest): boolean {
  return state === 'closed' && !title.startsWith(supersededPrefix);
}

/** Forges keep the head of a request under a ref of its own, also when its branch is gone. */
async function readHead(mirror: GitMirror, forge: Forge, { number, head }: ForgeRequest): Promise<Oid | null> {
  if (await mirror.has(head)) return head;
  return mirror.fetchRef(forge.headRef(number));
}

async function carriedBy(mirror: GitMirror, head: Oid, edits: readonly Edit[]): Promise<Edit[]> {
  const found: Edit[] = [];
  for (const edit of edits) if (await carried(mirror, head, edit)) found.push(edit);
  return found;
}

async function carried(mirror: GitMirror, head: Oid, { marker, after }: Edit): Promise<boolean> {
  const entry = await mirror.entry(head, marker.file);
  if (entry?.type !== 'blob') return false;
  const decoded = decodeText(marker.file, await mirror.blob(entry.oid));
  if (decoded.kind !== 'text') return false;
  return findMarkers(marker.file, decoded.text).markers.some((other) => isSameUnit(other, marker) && other.value === after);
}

function isSameUnit(a: Marker, b: Marker): boolean {
  return (
    a.path === b.path &&
    a.part === b.part &&
    formatKey(a.policy) === formatKey(b.policy) &&
    a.object.kind === b.object.kind &&
    a.object.namespace === b.object.namespace &&
    a.object.name === b.object.name
  );
}

function holdOf(
  { marker, after }: Edit,
  { number, title, url }: ForgeRequest,
  head: Oid,
  forge: Forge,
  closedBy: string | null,
): Hold {
  const { policy, file, object, path, part, value } = marker;
  const who = plain(closedBy ?? 'somebody');
  const subject = plain(title);
  const author = { name: who, email: '', seconds: 0 };
  return {
    ...{ policy, file, object, path, part, value: after, current: value, request: url },
    by: { commit: head, author, subject },
    because: `${who} closed ${forge.describe(number)} unmerged, with ${head.slice(0, 7)} (${subject})`,
  };
}

/** Text of others stays on its line, and within it. */
function plain(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '').trim();
  return clean.length > 120 ? `${clean.slice(0, 120)}…` : clean;
}

function withHolds(look: AutomationLook, held: ReadonlyMap<Edit, Hold>, wishes: AutomationWishes): AutomationLook {
  const verdicts = look.verdicts.map((verdict): Verdict => {
    const hold = held.get(verdict.edit);
    return hold === undefined ? verdict : { kind: 'held', marker: verdict.marker, edit: verdict.edit, hold };
  });
  const again = withhold(verdicts, wishes);
  return { ...look, verdicts: again.verdicts, withheld: [...look.withheld, ...again.withheld] };
}
