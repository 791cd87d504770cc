import { allowDowngradeAnnotation, type ImagePolicy, versionStyleOf } from '../api/index.ts';
import {
  type Delivery,
  type Edit,
  type FileProblem,
  formatKey,
  type Hold,
  type ImageRef,
  isUnder,
  keyOf,
  type Marker,
  type Oid,
  TagalongError,
} from '../core/index.ts';
import { type FoundMarkers, planEdits } from '../edit/index.ts';
import type { GuardReason, Landing } from '../guard/index.ts';
import { decideDirection, type HoldAnswer, keepKnownHold, withholdWholeDocuments } from '../hold/index.ts';
import { compileTagPolicy, orderTags, passesPolicy } from '../select/index.ts';
import { describeCheckout } from './automation-checkout.ts';
import { withholdGroups } from './automation-groups.ts';
import { describeWriter, isPinned, type WaitingBump } from './automation-guards.ts';
import type { AutomationTarget } from './automation-target.ts';
import type { AutomationWishes } from './automation-wishes.ts';

/** Markers by file at a commit; advanced from commit to commit at the cost of what changed. */
export interface MarkerIndex {
  at(commit: Oid, branch: string): Promise<ReadonlyMap<string, { readonly oid: Oid; readonly value: FoundMarkers }>>;
}

/** What becomes of one edit. */
export type Verdict =
  | {
      readonly kind: 'write';
      readonly marker: Edit['marker'];
      readonly edit: Edit;
      readonly reason: 'policy' | null;
      readonly because: string;
      readonly delivery: Delivery;
      /** A person landed it past the gates of its guards. */
      readonly landed?: Landing;
    }
  | { readonly kind: 'guarded'; readonly marker: Edit['marker']; readonly edit: Edit; readonly reasons: readonly GuardReason[] }
  | { readonly kind: 'held'; readonly marker: Edit['marker']; readonly edit: Edit; readonly hold: Hold }
  | {
      readonly kind: 'refused' | 'unreadable' | 'grouped';
      readonly marker: Edit['marker'];
      readonly edit: Edit;
      readonly because: string;
    };

export interface AutomationLook {
  readonly head: Oid;
  readonly verdicts: readonly Verdict[];
  /** In which files markers of a policy stand, by the policy's key. */
  readonly places: ReadonlyMap<string, readonly string[]>;
  /** Markers that guards refuse, although they want nothing now. */
  readonly unpinned: readonly WaitingBump[];
  /** Edits that wait only because another marker of their policy in the same document may not be edited. */
  readonly withheld: readonly Edit[];
  readonly problems: readonly FileProblem[];
  /** The blob of each file at `head` that has markers. */
  readonly blobs: ReadonlyMap<string, Oid>;
}

/** What a look found to be held. */
export function holdsOf(look: AutomationLook): Hold[] {
  return look.verdicts.flatMap((verdict) => (verdict.kind === 'held' ? [verdict.hold] : []));
}

/** Compares the markers at `head` with the policies' answers and asks history about each difference. Reads only. */
export async function lookAt(target: AutomationTarget, wishes: AutomationWishes, head: Oid): Promise<AutomationLook> {
  if (target.path !== '' && (await target.mirror.entry(head, target.path)) === null) throw pathMissing(target, head);
  const index = await target.markers.at(head, describeCheckout(target.checkout));
  const files = [...index].filter(([file]) => isUnder(file, target.path));
  const markers = files.flatMap(([, { value }]) => value.markers);
  const { edits, problems } = planEdits(markers, selectionsOf(wishes.policies), wishes.namespace, wishes.known);
  const verdicts: Verdict[] = [];
  for (const edit of edits) verdicts.push(await guard(await judge(edit, target, wishes, head), markers, wishes));
  return {
    head,
    ...withhold(await limit(verdicts, target, wishes), wishes),
    places: placesOf(markers),
    unpinned: findUnpinned(markers, edits, wishes),
    problems: [...files.flatMap(([, { value }]) => value.problems), ...problems],
    blobs: new Map(files.map(([file, { oid }]) => [file, oid])),
  };
}

/** What may not land takes along what must not land without it: the rest of its policy in the same document, and of its group. */
export function withhold(
  verdicts: readonly Verdict[],
  { groups }: AutomationWishes,
): Pick<AutomationLook, 'verdicts' | 'withheld'> {
  const { allowed, withheld } = withholdWholeDocuments(verdicts, (verdict) => verdict.kind !== 'write');
  const waiting = withheld.filter((verdict) => verdict.kind === 'write').map(({ edit }) => edit);
  const stopped = withheld.filter((verdict) => verdict.kind !== 'write');
  return { verdicts: withholdGroups([...allowed, ...stopped], waiting, groups), withheld: waiting };
}

function pathMissing({ path, checkout }: AutomationTarget, head: Oid): TagalongError {
  const message = `failed to apply policies: update path '${path}' is not in ${describeCheckout(checkout)} at ${head.slice(0, 7)}; mend spec.update.path`;
  return new TagalongError('PATH_MISSING', message, { reason: 'UpdateFailed' });
}

function selectionsOf(policies: readonly ImagePolicy[]): ReadonlyMap<string, ImageRef> {
  return new Map(
    policies.flatMap((policy) =>
      policy.status?.latestRef === undefined ? [] : [[keyOf(policy), policy.status.latestRef] as const],
    ),
  );
}

function placesOf(markers: readonly Marker[]): Map<string, string[]> {
  const byPolicy = Map.groupBy(markers, ({ policy }) => formatKey(policy));
  return new Map([...byPolicy].map(([policy, own]) => [policy, [...new Set(own.map(({ file }) => file))]]));
}

/** Told when a guard is applied, and not only when something is to land. */
function findUnpinned(markers: readonly Marker[], edits: readonly Edit[], { policies, guards }: AutomationWishes): WaitingBump[] {
  const wanted = new Set(edits.map(({ marker }) => marker));
  return markers.flatMap((marker) => {
    const policy = policies.find((candidate) => keyOf(candidate) === formatKey(marker.policy));
    if (policy === undefined || wanted.has(marker)) return [];
    const reasons = guards.refuseMarker({ policy, marker, isPinned: isPinned(marker, markers) });
    return reasons.length === 0 ? [] : [{ policy: marker.policy, reasons }];
  });
}

/** What may be written by the policy and by history is asked of the guards. */
async function guard(verdict: Verdict, markers: readonly Marker[], { policies, guards }: AutomationWishes): Promise<Verdict> {
  if (verdict.kind !== 'write') return verdict;
  const { marker, edit } = verdict;
  const policy = policies.find((candidate) => keyOf(candidate) === formatKey(marker.policy));
  if (policy === undefined) return verdict;
  const answer = await guards.ask({ policy, marker, isPinned: isPinned(marker, markers) });
  if (answer.kind === 'closed') return { kind: 'guarded', marker, edit, reasons: answer.reasons };
  return answer.landed === null ? verdict : { ...verdict, landed: answer.landed };
}

/** Limits count what all else lets through; what a person landed is not kept by them. */
async function limit(
  verdicts: readonly Verdict[],
  { mirror, branch }: AutomationTarget,
  { guards }: AutomationWishes,
): Promise<Verdict[]> {
  const counted = verdicts.filter((verdict) => verdict.kind === 'write' && verdict.landed === undefined);
  const policies = new Map(counted.map(({ marker }) => [formatKey(marker.policy), marker.policy]));
  const closed = await guards.limit([...policies.values()], describeWriter(mirror.remote.url, branch));
  return verdicts.map((verdict) => {
    const reasons = counted.includes(verdict) ? closed.get(formatKey(verdict.marker.policy)) : undefined;
    return reasons === undefined ? verdict : { kind: 'guarded', marker: verdict.marker, edit: verdict.edit, reasons };
  });
}

async function judge(edit: Edit, target: AutomationTarget, wishes: AutomationWishes, head: Oid): Promise<Verdict> {
  const { marker } = edit;
  const facts = policyFacts(wishes.policies, formatKey(marker.policy));
  const direction = decideDirection({ part: marker.part, current: edit.before, selected: edit.after, ...facts });
  if (!direction.write) return { kind: 'refused', marker, edit, because: direction.because };
  const delivery = wishes.deliveryOf(marker.policy);
  const write = { kind: 'write', marker, edit, reason: direction.reason, because: direction.because, delivery } as const;
  if (wishes.ignoreHolds) return write;
  const answer = await askHistory(edit, target, wishes, head, facts.orderTags);
  if (answer.kind === 'free') return write;
  if (wishes.isReleased(answer.kind === 'held' ? answer.hold : { policy: marker.policy, by: null, file: marker.file }))
    return write;
  if (answer.kind === 'held') return { kind: 'held', marker, edit, hold: answer.hold };
  return { kind: 'unreadable', marker, edit, because: answer.because };
}

async function askHistory(
  { marker, after: newValue }: Edit,
  target: AutomationTarget,
  { lastPush, knownHolds }: AutomationWishes,
  head: Oid,
  order: (a: string, b: string) => number | 'unordered',
): Promise<HoldAnswer> {
  const question = { marker, newValue, head, orderTags: order, ...(lastPush === undefined ? {} : { lastPush }) };
  return keepKnownHold(knownHolds, question, await target.holds.check(question));
}

function policyFacts(policies: readonly ImagePolicy[], key: string) {
  const policy = policies.find((candidate) => keyOf(candidate) === key);
  const compiled = policy === undefined ? null : compileTagPolicy(policy.spec, versionStyleOf(policy.metadata.annotations));
  const tags = compiled?.kind === 'compiled' ? compiled.policy : null;
  return {
    // A policy that does not compile has no order and passes nothing; its last answer alone counts.
    orderTags: (a: string, b: string) => (tags === null ? ('unordered' as const) : orderTags(tags, a, b)),
    passesPolicy: (tag: string) => tags !== null && passesPolicy(tags, tag),
    allowDowngrade: policy?.metadata.annotations?.[allowDowngradeAnnotation] === 'true',
  };
}
