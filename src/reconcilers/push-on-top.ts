import type { Oid, StepContext } from '../core/index.ts';
import { headOfBranch } from './automation-checkout.ts';
import { attemptPush } from './push-attempts.ts';
import type { RolloutWriter } from './rollout-deps.ts';

/** A commit to be made on the head of the branch. */
export interface Draft {
  readonly files: ReadonlyMap<string, Buffer>;
  /** Whole, with its trailers. */
  readonly message: string;
}

export type OnTop =
  | { readonly kind: 'pushed'; readonly commit: Oid; readonly files: readonly string[] }
  /** There was nothing to write on the head that was found. */
  | { readonly kind: 'nothing'; readonly head: Oid }
  /** The branch takes no pushes; the commit is in the mirror. */
  | { readonly kind: 'refused'; readonly message: string; readonly commit: Oid };

const noPlan = { edits: [], policies: [], reason: null, landed: null, files: new Map() };

/**
 * Makes one commit on top of the branch and pushes it, as the branch's only writer in this process. `draft` is asked again on the new head
 * when somebody else's push came in between. Never forces.
 */
export function pushOnTop(
  { target, branch, style, pushOptions, remake, mayPush }: RolloutWriter & { readonly branch: string },
  draft: (head: Oid) => Promise<Draft | null>,
  context: StepContext,
): Promise<OnTop> {
  const { mirror } = target;
  return attemptPush<OnTop>(mirror, branch, context, async () => {
    const head = await headOfBranch(mirror, branch);
    const planned = await draft(head);
    if (planned === null) return { kind: 'nothing', head };
    const { files, message } = planned;
    const { author, signer } = style;
    const sign = signer === null ? {} : { sign: (payload: Buffer) => signer.sign(payload) };
    const seconds = Math.floor(context.clock.now() / 1000);
    const written = await mirror.writeCommit({ parent: head, files, message, author, seconds, ...sign });
    const [made] = (await remake?.([{ oid: written, message, plan: noPlan }], head)) ?? [];
    const commit = made?.oid ?? written;
    if (!mayPush(`refs/heads/${branch}`)) return { kind: 'refused', message: notAllowed(branch), commit };
    const outcome = await mirror.push(branch, commit, head, { pushOptions, signal: context.signal });
    if (outcome.kind === 'pushed') return { kind: 'pushed', commit, files: [...files.keys()] };
    if (outcome.kind === 'refused') return { kind: 'refused', message: outcome.message, commit };
    return outcome.kind;
  });
}

function notAllowed(branch: string): string {
  return `pushing to '${branch}' is not allowed here (--allowed-push-refs)`;
}
