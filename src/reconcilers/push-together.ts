import type { GitMirror, Oid, PushOptions, StepContext } from '../core/index.ts';
import { headOfBranch } from './automation-checkout.ts';
import { attemptInTurn, pushRefused } from './push-attempts.ts';

/** One writer's part of a push. */
export interface PushPart<Made> {
  readonly context: StepContext;
  /**
   * Makes commits on top of `onto`; `tip` is the last of them, or `onto` where there is nothing to write. Asked again, on another commit,
   * when the branch has moved. What it throws concerns this part alone.
   */
  make(onto: Oid): Promise<{ readonly tip: Oid; readonly made: Made }>;
}

/** Where parts go: those of one mirror and branch with equal options share a push. */
export interface PushPlace {
  readonly mirror: GitMirror;
  readonly branch: string;
  readonly options: Pick<PushOptions, 'pushOptions' | 'refspec'>;
}

interface Joined {
  readonly context: StepContext;
  make(onto: Oid): Promise<Oid>;
  pushed(tip: Oid): void;
  failed(error: unknown): void;
}

const lines = new WeakMap<GitMirror, Map<string, Joined[]>>();

/**
 * Pushes a part along with every other one that waits for the branch: while one push is on its way the next gathers. Returns what the part
 * made and the commit that the branch is at. Never forces. A push that the server refuses is tried again part by part, so that nobody is
 * kept by another's. Throws PUSH_REFUSED.
 */
export function pushTogether<Made>(place: PushPlace, part: PushPart<Made>): Promise<{ readonly made: Made; readonly tip: Oid }> {
  return new Promise((resolve, reject) => {
    let last: Made;
    const line = lineOf(place);
    line.push({
      context: part.context,
      make: async (onto) => {
        part.context.signal.throwIfAborted();
        const { tip, made } = await part.make(onto);
        last = made;
        return tip;
      },
      pushed: (tip) => resolve({ made: last, tip }),
      failed: reject,
    });
    // Whoever has its turn first takes all along; the others then find an empty line.
    place.mirror.asOnlyWriter(place.branch, () => pushAll(place, line.splice(0))).catch(reject);
  });
}

function lineOf({ mirror, branch, options }: PushPlace): Joined[] {
  const ofMirror = lines.get(mirror) ?? new Map<string, Joined[]>();
  lines.set(mirror, ofMirror);
  const key = JSON.stringify([branch, options.refspec, options.pushOptions]);
  const line = ofMirror.get(key) ?? [];
  ofMirror.set(key, line);
  return line;
}

async function pushAll(place: PushPlace, joined: readonly Joined[]): Promise<void> {
  const [first] = joined;
  if (first === undefined) return;
  const context = { clock: first.context.clock, signal: abortedWith(joined) };
  let rest = joined;
  try {
    const outcome = await attemptInTurn(place.mirror, place.branch, context, async () => {
      const head = await headOfBranch(place.mirror, place.branch);
      const chain = await makeChain(rest, head);
      rest = chain.joined;
      return pushOnce(place, chain.tip, head, context.signal);
    });
    if (outcome.kind === 'pushed') for (const one of rest) one.pushed(outcome.tip);
    else if (rest.length === 1) throw pushRefused(`failed to push to remote: ${outcome.message}`);
    else for (const one of rest) await pushAll(place, [one]);
  } catch (error) {
    for (const one of rest) one.failed(error);
  }
}

/** Each part on top of the one before it; a part that cannot be made is told so and left out. */
async function makeChain(
  joined: readonly Joined[],
  head: Oid,
): Promise<{ readonly joined: readonly Joined[]; readonly tip: Oid }> {
  const made: Joined[] = [];
  let tip = head;
  for (const one of joined) {
    try {
      tip = await one.make(tip);
      made.push(one);
    } catch (error) {
      one.failed(error);
    }
  }
  return { joined: made, tip };
}

async function pushOnce(
  { mirror, branch, options }: PushPlace,
  tip: Oid,
  head: Oid,
  signal: AbortSignal,
): Promise<'moved' | { readonly kind: 'pushed'; readonly tip: Oid } | { readonly kind: 'refused'; readonly message: string }> {
  if (tip === head) return { kind: 'pushed', tip };
  const outcome = await mirror.push(branch, tip, head, { ...options, signal });
  if (outcome.kind === 'pushed') return { kind: 'pushed', tip };
  return outcome.kind === 'moved' ? 'moved' : outcome;
}

/** Aborted once every part is: one that is no longer wanted does not take the others along. */
function abortedWith(joined: readonly Joined[]): AbortSignal {
  const ended = new AbortController();
  const signals = joined.map(({ context }) => context.signal);
  const check = () => {
    if (signals.every(({ aborted }) => aborted)) ended.abort(signals[0]?.reason);
  };
  for (const signal of signals) signal.addEventListener('abort', check, { once: true });
  check();
  return ended.signal;
}
