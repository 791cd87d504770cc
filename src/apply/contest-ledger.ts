import type { Instant } from '../core/index.ts';
import type { LostField } from './lost-fields.ts';

/** Corrections of one field of one object, as long as they are recent. */
interface Dispute {
  readonly correctedAt: readonly Instant[];
  /** Set while the field is left to the interval; moves on with every further change, so that peace ends it. */
  readonly contestedAt?: Instant;
}

/** Who fights over which field: object id and field → dispute. A value; `noteDrift` returns the next one. */
export type ContestLedger = ReadonlyMap<string, Dispute>;

export type ContestDecision =
  | { readonly do: 'correct'; readonly because: string }
  /** Left to the interval. `isNew` once a contest: that is when to emit the event DriftContested. */
  | {
      readonly do: 'leave';
      readonly because: string;
      readonly field: string;
      readonly manager: string | null;
      readonly isNew: boolean;
    };

export const emptyLedger: ContestLedger = new Map();

const maxCorrections = 3;
const windowMs = 5 * 60_000;

/**
 * Decides whether a drift of these fields is corrected by an event, and notes that it is. A field that was corrected three
 * times in five minutes is left until nobody has touched it for five minutes.
 */
export function noteDrift(
  ledger: ContestLedger,
  objectId: string,
  drift: { readonly fields: readonly LostField[]; readonly now: Instant },
): { readonly ledger: ContestLedger; readonly decision: ContestDecision } {
  const { now } = drift;
  // What cannot be named is still one thing that somebody keeps doing to the object.
  const fields = drift.fields.length > 0 ? drift.fields : [{ path: 'the object', manager: null }];
  const next = new Map(forgetOld(ledger, now));
  const contested = fields.find(({ path }) => isContested(next.get(keyOf(objectId, path))));
  if (contested === undefined) {
    for (const { path } of fields) next.set(keyOf(objectId, path), corrected(next.get(keyOf(objectId, path)), now));
    return { ledger: next, decision: { do: 'correct', because: 'nobody else insists on it' } };
  }
  const key = keyOf(objectId, contested.path);
  const dispute = next.get(key);
  next.set(key, { correctedAt: dispute?.correctedAt ?? [], contestedAt: now });
  return { ledger: next, decision: leave(contested, dispute?.contestedAt === undefined) };
}

function leave({ path, manager }: LostField, isNew: boolean): ContestDecision {
  const other = manager === null ? 'somebody' : `the manager '${manager}'`;
  const because = `${path} was corrected ${maxCorrections} times in five minutes and ${other} keeps changing it; it is left until the next interval. To leave it for good, name it in spec.ignore`;
  return { do: 'leave', because, field: path, manager, isNew };
}

function isContested(dispute: Dispute | undefined): boolean {
  return dispute !== undefined && (dispute.contestedAt !== undefined || dispute.correctedAt.length >= maxCorrections);
}

function corrected(dispute: Dispute | undefined, now: Instant): Dispute {
  return { correctedAt: [...(dispute?.correctedAt ?? []), now] };
}

function forgetOld(ledger: ContestLedger, now: Instant): [string, Dispute][] {
  const isRecent = (at: Instant) => now - at < windowMs;
  const kept: [string, Dispute][] = [];
  for (const [key, { correctedAt, contestedAt }] of ledger) {
    const recent = correctedAt.filter(isRecent);
    const isStillContested = contestedAt !== undefined && isRecent(contestedAt);
    if (isStillContested) kept.push([key, { correctedAt: recent, contestedAt }]);
    else if (recent.length > 0 && contestedAt === undefined) kept.push([key, { correctedAt: recent }]);
  }
  return kept;
}

function keyOf(objectId: string, field: string): string {
  return `${objectId}\n${field}`;
}
