import { type GitRepository, type ImageUpdateAutomation, requestedAtAnnotation } from '../api/index.ts';
import { type GitMirror, parseDurationMs, type StepContext } from '../core/index.ts';
import type { HoldFinder } from '../hold/index.ts';
import { type Checkout, checkoutOf, pushBranchOf } from './automation-checkout.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { failAs, stalled } from './automation-failure.ts';
import type { MarkerIndex } from './automation-look.ts';
import { openMirror } from './mirrors.ts';
import { cleanSourcePath } from './source-path.ts';

/** What an automation works on: one folder of one checkout, and the branch it pushes to. */
export interface AutomationTarget {
  readonly mirror: GitMirror;
  readonly markers: MarkerIndex;
  readonly holds: HoldFinder;
  /** What edits are planned on, and whose history decides what is held. */
  readonly checkout: Checkout;
  /** The branch that is pushed. */
  readonly branch: string;
  /** '' = the whole repository. */
  readonly path: string;
}

/** Whether commits go onto the very branch that was checked out. */
export function isDirect({ checkout, branch }: Pick<AutomationTarget, 'checkout' | 'branch'>): boolean {
  return checkout.kind === 'branch' && checkout.branch === branch;
}

/** Opens the repository that an automation writes, as its GitRepository says. Nothing is fetched yet. */
export async function openTarget(
  resource: ImageUpdateAutomation,
  source: GitRepository,
  context: StepContext,
  deps: AutomationDeps,
): Promise<AutomationTarget> {
  const { git, update } = resource.spec;
  if (git === undefined) {
    throw stalled(
      'InvalidSourceConfiguration',
      "source kind 'GitRepository' necessitates field .spec.git: invalid source configuration",
    );
  }
  const checkout = checkoutOf(git.checkout?.ref ?? source.spec.ref);
  const branch = pushBranchOf(resource, source);
  const unconfigured = failAs('failed configuring source manager', 'SourceManagerFailed');
  const mirror = await openMirror(source, deps, context.signal).catch(unconfigured);
  const path = cleanSourcePath(update?.path, 'spec.update.path');
  return { mirror, checkout, branch, path, markers: deps.markersOf(mirror), holds: deps.holdsOf(mirror) };
}

/** Makes sure that what the mirror knows of the branch is new enough: not older than the interval, and what the source shows is there. */
export async function refreshTarget(
  resource: ImageUpdateAutomation,
  source: GitRepository,
  target: AutomationTarget,
  context: StepContext,
  { news }: AutomationDeps,
): Promise<void> {
  const { mirror, checkout, branch } = target;
  const isNeeded = (await tellsNews(source, target)) || !(await mirror.isWhole());
  const maxAgeMs = isNeeded ? -1 : allowedAgeMs(resource);
  const unfetched = failAs('failed to checkout source', 'GitOperationFailed');
  const branches = new Set([...(checkout.kind === 'branch' ? [checkout.branch] : []), branch]);
  for (const one of branches) await news.refresh(mirror, one, maxAgeMs, context.signal).catch(unfetched);
}

/** A source that another process serves may show a commit that nobody here has fetched. */
async function tellsNews({ status }: GitRepository, { mirror }: AutomationTarget): Promise<boolean> {
  const [, commit] = /@?sha(?:1|256):([0-9a-f]{40,64})$/.exec(status?.artifact?.revision ?? '') ?? [];
  return commit !== undefined && !(await mirror.has(commit));
}

/** How old our knowledge of the branch may be: anything newer than the interval will do, since a push on an old head is refused. */
function allowedAgeMs(resource: ImageUpdateAutomation): number {
  const token = resource.metadata.annotations?.[requestedAtAnnotation];
  if (token !== undefined && token !== resource.status?.lastHandledReconcileAt) return 0;
  return 0.9 * intervalMs(resource);
}

/** Of the spec, one minute where it cannot be read. */
export function intervalMs(resource: ImageUpdateAutomation): number {
  return parseDurationMs(resource.spec.interval) ?? 60_000;
}
