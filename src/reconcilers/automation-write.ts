import type { Oid, StepContext } from '../core/index.ts';
import type { CommitSigner } from '../sign/index.ts';
import { addTrailers, type PlannedCommit, renderFiles } from './automation-commits.ts';
import type { AutomationLook } from './automation-look.ts';
import type { AutomationTarget } from './automation-target.ts';

/** How the commits of an automation are made. */
export interface CommitStyle {
  readonly per: 'policy' | 'run';
  readonly author: { readonly name: string; readonly email: string };
  /** `<cluster id>/<namespace>/<name>`. */
  readonly automation: string;
  readonly signer: CommitSigner | null;
  /** Whether a forge makes the commits, and signs them as it likes. */
  readonly viaForge: boolean;
  message(commit: PlannedCommit): Promise<string>;
}

/** A commit of ours in the mirror. */
export interface WrittenCommit {
  readonly oid: Oid;
  readonly message: string;
  readonly plan: PlannedCommit;
}

/** Writes the planned commits onto the commit that `look` was taken at, one upon the other; oldest first. No ref is touched. */
export async function writeCommits(
  { mirror }: Pick<AutomationTarget, 'mirror'>,
  style: CommitStyle,
  plans: readonly PlannedCommit[],
  look: AutomationLook,
  context: StepContext,
): Promise<WrittenCommit[]> {
  const commits: WrittenCommit[] = [];
  const { author, signer } = style;
  for (const plan of plans) {
    const message = addTrailers(await style.message(plan), plan, style.automation);
    const files = await renderFiles(plan, look, (oid) => mirror.blob(oid));
    const seconds = Math.floor(context.clock.now() / 1000);
    const sign = signer === null ? {} : { sign: (payload: Buffer) => signer.sign(payload) };
    const parent = commits.at(-1)?.oid ?? look.head;
    const oid = await mirror.writeCommit({ parent, files, message, author, seconds, ...sign });
    commits.push({ oid, message, plan });
  }
  return commits;
}
