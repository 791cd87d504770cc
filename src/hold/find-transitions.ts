import type { GitMirror, HistoryStep, Marker, Oid } from '../core/index.ts';
import type { BlobReader } from './blob-reader.ts';
import type { Transition } from './decide-hold.ts';
import { HoldError } from './error.ts';
import type { ReadHistory } from './history-reader.ts';
import { readSides, type Side } from './read-sides.ts';
import { compareSides, createNewerVersions, type NewerVersions } from './step-transitions.ts';
import { followsPolicy } from './trailers.ts';

/** What the walk reads from; nothing here writes or uses the network. */
export type HistoryMirror = Pick<
  GitMirror,
  'history' | 'blob' | 'commit' | 'diff' | 'mergeBase' | 'isAncestor' | 'tree' | 'entry' | 'has'
>;

export interface WalkReader {
  readonly mirror: HistoryMirror;
  readonly blobs: BlobReader;
  readonly history: ReadHistory;
  /** Whose commits are ours; absent: those of every bot. */
  readonly clusterId?: string | undefined;
}

/** A unit as it stands at `head`, and the value it would get. */
export interface WalkQuestion {
  readonly unit: Marker;
  readonly newValue: string;
  readonly head: Oid;
}

/** A stretch of the way back: the history of one path from one commit. */
interface Stretch {
  readonly from: Oid;
  readonly path: string;
  /** Other parents of the merge it starts at: what they reach is told by their own stretch. */
  readonly except: readonly Oid[];
}

/**
 * The last transitions that touch `newValue` on each line of history, newest first: nothing that is yielded is an ancestor of what was
 * yielded before. Lazy: whoever knows enough stops reading. Throws HoldError where history ends before its beginning.
 */
export async function* findTransitions(reader: WalkReader, question: WalkQuestion): AsyncGenerator<Transition> {
  const found: Oid[] = [];
  const walked = new Set<string>();
  const waiting: Stretch[] = [{ from: question.head, path: question.unit.file, except: [] }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const key = `${next.from} ${next.path}`;
    if (walked.has(key)) continue;
    walked.add(key);
    yield* walkStretch(reader, question, { stretch: next, found, waiting });
  }
}

interface Walk {
  readonly stretch: Stretch;
  /** Commits whose transitions were yielded. */
  readonly found: Oid[];
  readonly waiting: Stretch[];
}

async function* walkStretch(reader: WalkReader, question: WalkQuestion, walk: Walk): AsyncGenerator<Transition> {
  const { stretch, found, waiting } = walk;
  const newer = createNewerVersions();
  // Commits that moved another file to this path: what stood here before them was something else.
  const moves: Oid[] = [];
  let reachedBeginning = false;
  for await (const step of reader.history(stretch.from, stretch.path)) {
    const { oid } = step.commit;
    const sides = await readSides(reader, { unit: question.unit, step, path: stretch.path });
    const transitions = await transitionsAt({ reader, question, step, sides, newer });
    const covered = transitions.length > 0 && (await isCovered(reader.mirror, oid, [...found, ...moves], stretch.except));
    if (!covered) {
      yield* transitions;
      if (transitions.length > 0) found.push(oid);
    }
    if (sides.some(({ added }) => added)) await requireParents(reader.mirror, oid, found);
    reachedBeginning ||= sides.every(({ added }) => added);
    waiting.push(...originStretches(sides));
    if (sides.some(({ origin }) => origin?.moved)) moves.push(oid);
  }
  if (!reachedBeginning && found.length === 0) await requireAbsence(reader.mirror, stretch);
}

/** Some commit added the file, if it is there at all: a walk that ends without that commit was cut short. */
async function requireAbsence(mirror: HistoryMirror, { from, path }: Stretch): Promise<void> {
  if ((await mirror.entry(from, path)) === null) return;
  throw new HoldError(
    `the history of ${path} from ${from.slice(0, 7)} ends before the commit that added it; fetch the whole history`,
  );
}

async function transitionsAt(at: {
  reader: WalkReader;
  question: WalkQuestion;
  step: HistoryStep;
  sides: readonly Side[];
  newer: NewerVersions;
}): Promise<Transition[]> {
  const changes = await compareSides(at.reader, { ...at.question, commit: at.step.commit, sides: at.sides }, at.newer);
  return changes.map((change) => ({ ...change, followsPolicy: followsPolicy(change.commit.message, at.reader.clusterId) }));
}

/** Whether something later on the same line has spoken already, or the commit belongs to another stretch. */
async function isCovered(mirror: HistoryMirror, oid: Oid, later: readonly Oid[], others: readonly Oid[]): Promise<boolean> {
  for (const commit of later) if (commit !== oid && (await mirror.isAncestor(oid, commit))) return true;
  for (const commit of others) if (await mirror.isAncestor(oid, commit)) return true;
  return false;
}

/** A shallow boundary looks like the commit that added everything; only its object still names its parents, which are missing. */
async function requireParents(mirror: HistoryMirror, oid: Oid, found: readonly Oid[]): Promise<void> {
  const { parents } = await mirror.commit(oid);
  const present = await Promise.all(parents.map((parent) => mirror.has(parent)));
  if (present.every((isPresent) => isPresent)) return;
  if (found.length > 0 && (await isCovered(mirror, oid, [], found))) return;
  throw new HoldError(`the history ends at ${oid.slice(0, 7)}, whose parents are not in the mirror; fetch the whole history`);
}

/** What several parents share is told once: by those that have the file under its present path, else by the first that has it elsewhere. */
function originStretches(sides: readonly Side[]): Stretch[] {
  const told = sides.flatMap(({ parent, origin }) => (parent !== null && origin === null ? [parent] : []));
  const stretches: Stretch[] = [];
  for (const { parent, origin } of sides) {
    if (parent === null || origin === null) continue;
    stretches.push({ from: parent, path: origin.path, except: [...told] });
    told.push(parent);
  }
  return stretches;
}
