import { type GuardedBump, type ImagePolicy, type UpdateGuard, updateGuardKind } from '../api/index.ts';
import { formatKey, formatTime, type Instant, keyOf, type Reconciler, type Report } from '../core/index.ts';
import { findContradictions, type GuardReason, type KnownGuard, selectPolicies } from '../guard/index.ts';
import type { GuardDesk } from './guard-desk.ts';
import { describePromotionLoops, type PromotionFacts } from './guard-promotions.ts';

export interface UpdateGuardDeps {
  readonly desk: GuardDesk;
  readonly guardNamespace: string;
  /** What is applied from where; empty where this process does not follow it. */
  delivery(): Pick<PromotionFacts, 'automations' | 'kustomizations' | 'sources'>;
  listPolicies(): readonly ImagePolicy[];
}

interface Seen {
  readonly known: KnownGuard | null;
  readonly selected: readonly string[];
  readonly guarded: readonly GuardedBump[];
  readonly seen: NonNullable<NonNullable<UpdateGuard['status']>['seen']>;
  /** What can never be true, of this guard with others. */
  readonly contradictions: readonly string[];
}

type Plan =
  | { readonly do: 'guard'; readonly because: string; readonly seen: Seen }
  /** It closes what it selects, until it is mended. */
  | { readonly do: 'close'; readonly because: string; readonly seen: Seen };

const seenAtMost = 200;

/** Says of a guard whether it can be obeyed, what it selects and what waits for it. The decisions themselves are made where bumps land. */
export function createUpdateGuardReconciler(deps: UpdateGuardDeps): Reconciler<UpdateGuard, Seen, Plan, null> {
  return {
    kind: updateGuardKind,
    leavesNoFinalizer: true,
    observe: (resource, { clock }) => observe(resource, clock.now(), deps),
    decide,
    act: async () => null,
    report: (resource, plan) => report(resource, plan),
  };
}

async function observe(
  resource: UpdateGuard,
  now: Instant,
  { desk, delivery, guardNamespace, listPolicies }: UpdateGuardDeps,
): Promise<Seen> {
  const all = desk.known();
  const known = all.find((one) => keyOf(one.resource) === keyOf(resource)) ?? null;
  const policies = listPolicies();
  const selected = known === null ? [] : selectPolicies(known, policies, guardNamespace);
  const images = new Set(
    policies.filter((policy) => selected.includes(keyOf(policy))).flatMap(({ status }) => status?.latestRef?.name ?? []),
  );
  const soaks = known?.compiled.kind === 'guard' && known.compiled.guard.soakMs > 0;
  const seen = soaks ? (await desk.records.seenOf(images)).slice(0, seenAtMost) : [];
  const facts = { guards: all, guardNamespace, policies, places: desk.places(), ...delivery() };
  const loops = known === null ? [] : describePromotionLoops(known, facts);
  return {
    known,
    selected,
    guarded: [...waitingFor(desk, keyOf(resource)), ...desk.refusedBy(keyOf(resource))],
    seen: seen.map(({ at, ...entry }) => ({ ...entry, at: formatTime(at) })),
    contradictions: known === null ? [] : [...findContradictions(known, all, policies, guardNamespace, now), ...loops],
  };
}

/** What its own reasons keep from landing, one entry a reason. */
function waitingFor(desk: GuardDesk, guard: string): GuardedBump[] {
  return desk.board
    .of(guard)
    .flatMap(({ policy, automation, candidate, reasons }) =>
      reasons
        .filter((reason) => reason.guard !== null && formatKey(reason.guard) === guard)
        .map((reason) => ({ policy: formatKey(policy), automation: formatKey(automation), candidate, ...describe(reason) })),
    );
}

/** The words of a reason, as status has them. */
export function describe({ decision, reason, message, until }: GuardReason): Omit<GuardedBump, 'policy' | 'candidate'> {
  return { decision, reason, message, ...(until === null ? {} : { until: formatTime(until) }) };
}

function decide(_resource: UpdateGuard, seen: Seen): Plan {
  const compiled = seen.known?.compiled;
  if (compiled?.kind === 'invalid') {
    const because = `closes ${countPolicies(seen)}: ${compiled.problems.join('; ')}`;
    return { do: 'close', because, seen };
  }
  if (seen.contradictions.length > 0) return { do: 'guard', because: seen.contradictions.join('; '), seen };
  return { do: 'guard', because: [`guards ${countPolicies(seen)}`, ...summarize(seen.guarded)].join('; '), seen };
}

function countPolicies({ selected }: Seen): string {
  return selected.length === 1 ? '1 policy' : `${selected.length} policies`;
}

const shownAtMost = 5;

/** `default/web waits (OutsideWindow until 2026-11-23T08:00:00Z)`, the first few. */
function summarize(guarded: readonly GuardedBump[]): string[] {
  const waiting = guarded.filter(({ automation }) => automation !== undefined);
  const lines = waiting.map(
    ({ policy, reason, until }) => `${policy} waits (${reason}${until === undefined ? '' : ` until ${until}`})`,
  );
  const rest = lines.length - shownAtMost;
  return [...lines.slice(0, shownAtMost), ...(rest > 0 ? [`${rest} more`] : [])];
}

function report(resource: UpdateGuard, { do: verb, because, seen }: Plan): Report {
  const lists = { guarded: [...seen.guarded], seen: [...seen.seen] };
  if (verb === 'close') {
    // What it selected last stays in status: that is what it closes.
    return {
      ready: { status: 'False', reason: 'InvalidGuard', message: because },
      outcome: 'stalled',
      status: { ...lists, closed: [...seen.selected] },
      next: 'never',
    };
  }
  const isContradicted = seen.contradictions.length > 0;
  const before = resource.status?.conditions?.find(({ type }) => type === 'Ready')?.message;
  return {
    ready: isContradicted
      ? { status: 'False', reason: 'NeverOpen', message: because }
      : { status: 'True', reason: 'Succeeded', message: because },
    outcome: isContradicted ? 'stalled' : 'done',
    status: { ...lists, selected: [...seen.selected], closed: undefined },
    events: isContradicted && before !== because ? [{ type: 'Warning', reason: 'NeverOpen', message: because }] : [],
    next: 'never',
  };
}
