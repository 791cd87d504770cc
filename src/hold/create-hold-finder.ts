import { errorMessage, type Hold, type Marker, type Oid, TagalongError } from '../core/index.ts';
import { type BlobReader, createBlobReader } from './blob-reader.ts';
import { createBoundedCache } from './bounded-cache.ts';
import { decideHold, type HoldDecision, type Transition } from './decide-hold.ts';
import { describeTakenBack } from './describe-hold.ts';
import { findTransitions, type HistoryMirror, type WalkQuestion, type WalkReader } from './find-transitions.ts';
import { createHistoryReader } from './history-reader.ts';
import { findDroppedPush, type LastPush } from './last-push.ts';
import type { OrderTags } from './version.ts';

export interface HoldQuestion {
  /** As it stands at `head`; its value is what would be replaced. */
  readonly marker: Marker;
  /** The rendered value that would be written. */
  readonly newValue: string;
  /** How the marker's policy orders two tags. */
  readonly orderTags: OrderTags;
  /** The commit of the checkout branch, which decides also for a push branch. */
  readonly head: Oid;
  /** Our last push to that branch, from status; absent where pushes go to another branch. */
  readonly lastPush?: LastPush;
}

export type HoldAnswer =
  /** `decidedBy` is the commit that freed the value; null if nothing in the history at hand ever touched it. */
  | { readonly kind: 'free'; readonly decidedBy: Oid | null; readonly because: string }
  | { readonly kind: 'held'; readonly hold: Hold }
  /** Nobody can say: no bump. */
  | { readonly kind: 'unreadable'; readonly reason: 'HistoryUnavailable'; readonly because: string };

/** Keeps what it read of one mirror; nothing of it has to survive a restart. */
export interface HoldFinder {
  /** Whether git history forbids the new value at this marker. Never throws for history that cannot be read: that is `unreadable`. */
  check(question: HoldQuestion): Promise<HoldAnswer>;
}

/** Transitions do not depend on the policy's order, so an answer outlives a change of the policy. */
interface Walked {
  readonly transitions: readonly Transition[];
  /** False if the walk was left as soon as one transition decided. */
  readonly complete: boolean;
}

const maxAnswers = 10_000;

/** Decides from the history in `mirror` alone (docs: a revert stays reverted). `clusterId` tells our own commits from those of other bots. */
export function createHoldFinder(mirror: HistoryMirror, clusterId?: string): HoldFinder {
  const reader: WalkReader = { mirror, clusterId, blobs: createBlobReader(mirror), history: createHistoryReader(mirror) };
  const answers = createBoundedCache<Walked>(maxAnswers);
  const decide = async (question: HoldQuestion): Promise<HoldDecision> => {
    const key = questionKey(question);
    const known = answers.get(key);
    const decided = known && decideHold(known.transitions, question.newValue, question.orderTags);
    if (decided && (known.complete || decided.kind === 'held')) return decided;
    const { walked, decision } = await walkAndDecide(reader, question);
    answers.set(key, walked);
    return decision;
  };
  return {
    async check(question) {
      if (question.marker.value === question.newValue) {
        return {
          kind: 'free',
          decidedBy: question.head,
          because: `${question.marker.file} already carries ${question.newValue}`,
        };
      }
      try {
        return await answer(reader, question, await decide(question));
      } catch (thrown) {
        if (thrown instanceof TagalongError) return unreadable(question, thrown);
        throw thrown;
      }
    },
  };
}

/** The walk ends with the first transition that holds; a line that frees the value does not speak for lines beside it. */
async function walkAndDecide(reader: WalkReader, question: HoldQuestion): Promise<{ walked: Walked; decision: HoldDecision }> {
  const transitions: Transition[] = [];
  const asked: WalkQuestion = { unit: question.marker, newValue: question.newValue, head: question.head };
  for await (const transition of findTransitions(reader, asked)) {
    transitions.push(transition);
    const decision = decideHold(transitions, question.newValue, question.orderTags);
    if (decision.kind === 'held') return { walked: { transitions, complete: false }, decision };
  }
  return { walked: { transitions, complete: true }, decision: decideHold(transitions, question.newValue, question.orderTags) };
}

async function answer(
  reader: { mirror: HistoryMirror; blobs: BlobReader },
  question: HoldQuestion,
  decision: HoldDecision,
): Promise<HoldAnswer> {
  if (decision.kind === 'held') return { kind: 'held', hold: holdOf(question, decision.by) };
  const decidedBy = decision.by?.commit.oid ?? null;
  const dropped = await findDroppedPush(reader, question, decidedBy);
  if (dropped.kind === 'unknown') return { kind: 'unreadable', reason: 'HistoryUnavailable', because: dropped.because };
  if (dropped.kind === 'dropped') return { kind: 'held', hold: { ...holdOf(question, null), because: dropped.because } };
  return { kind: 'free', decidedBy, because: decision.because };
}

function holdOf({ marker, newValue }: HoldQuestion, transition: Transition | null): Hold {
  const { policy, file, object, path, part, value: current } = marker;
  const by = transition && {
    commit: transition.commit.oid,
    author: transition.commit.author,
    subject: transition.commit.message.split('\n', 1)[0] ?? '',
  };
  const because = transition ? describeTakenBack(transition, newValue) : '';
  return { policy, file, object, path, part, value: newValue, current, by, because };
}

function unreadable({ marker, newValue }: HoldQuestion, thrown: TagalongError): HoldAnswer {
  const because = `whether ${newValue} was taken back at ${marker.file}:${marker.line} cannot be read from history: ${errorMessage(thrown)}`;
  return { kind: 'unreadable', reason: 'HistoryUnavailable', because };
}

function questionKey({ marker, newValue, head }: HoldQuestion): string {
  const { file, object, path, part, policy, document } = marker;
  return JSON.stringify([head, newValue, file, object, path, part, policy, document]);
}
