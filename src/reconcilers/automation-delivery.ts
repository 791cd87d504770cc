import type { ImageUpdateAutomation } from '../api/index.ts';
import { nameOf, type Oid, type StepContext } from '../core/index.ts';
import { automationTrailer, parseTrailers } from '../hold/index.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { failAs } from './automation-failure.ts';
import { type AutomationLook, holdsOf, lookAt } from './automation-look.ts';
import type { AutomationMemory } from './automation-memory.ts';
import { type PushOrder, pushCommits, writesOf } from './automation-push.ts';
import { rebuildBranch } from './automation-rebuild.ts';
import type { AutomationDone } from './automation-report.ts';
import { deliverRequests, type RequestsDone } from './automation-request-delivery.ts';
import { holdByRequests } from './automation-request-look.ts';
import type { AutomationSeen } from './automation-seen.ts';
import { isDirect } from './automation-target.ts';
import type { WrittenCommit } from './automation-write.ts';

/** What went to the branch that is pushed. */
interface Delivered {
  /** The last look that was taken, on the head that the commits stand on. */
  readonly look: AutomationLook;
  readonly commits: readonly WrittenCommit[];
  /** What the branch that was checked out is at now, where it was pushed. */
  readonly tip?: Oid;
  /** Why the branch was left as it is. */
  readonly kept: readonly string[];
}

/** Commits and pushes what was decided, remembers it, and tells who follows the branch; without writes it only remembers. */
export async function deliver(
  seen: AutomationSeen,
  resource: ImageUpdateAutomation,
  context: StepContext,
  deps: AutomationDeps,
): Promise<AutomationDone> {
  const { target, wishes, base } = seen;
  const edits = seen.look.verdicts.flatMap((verdict) => (verdict.kind === 'write' ? [verdict.edit] : []));
  if (edits.length > 0) await deps.rollouts.observeBefore(resource, edits, target, context);
  const failed = failAs('failed to update source', 'GitOperationFailed');
  const delivered = await deliverByPush(seen, context).catch(failed);
  const { look, commits } = delivered;
  const last = commits.at(-1);
  if (last !== undefined) deps.onPushed(target.mirror, target.branch, delivered.tip ?? last.oid);
  const memory = await deps.memories.read(nameOf(resource));
  await deps.memories.write(nameOf(resource), remember(delivered, seen, memory, context));
  const found = last === undefined && isDirect(target) ? await findOwnHead(resource, seen, look.head) : null;
  if (found !== null) deps.onPushed(target.mirror, target.branch, found.commit);
  const landed = isDirect(target) ? (last?.oid ?? look.head) : base.head;
  const known = [...(seen.requests?.requests.values() ?? [])].flat();
  await deps.rollouts.record(resource, { target, head: landed, requests: known }, context);
  const requests = await deliverByRequest(seen, delivered, resource, context).catch(failed);
  for (const { branch, commit } of requests.pushed) deps.onPushed(target.mirror, branch, commit);
  const revision = isDirect(target) ? `${target.branch}@sha1:${delivered.tip ?? look.head}` : base.revision;
  const kept = [...delivered.kept, ...requests.kept];
  return { look, requests, pushed: commits, policies: wishes.policies, branch: target.branch, found, revision, kept };
}

/** Onto the branch that was checked out, or onto another one that is made anew from it. */
async function deliverByPush({ target, look, order }: AutomationSeen, context: StepContext): Promise<Delivered> {
  const writes = writesOf(look, 'Push');
  if (writes.length === 0) return { look, commits: [], kept: [] };
  if (isDirect(target)) return { ...(await pushCommits(order, look, context)), kept: [] };
  const rebuilt = await rebuildBranch(order, target.branch, writes, look, context);
  const kept = rebuilt.kind === 'foreign' ? [rebuilt.because] : [];
  return { look, commits: rebuilt.kind === 'pushed' ? rebuilt.commits : [], kept };
}

/** What else may land is asked for, upon what was pushed just now. */
async function deliverByRequest(
  { target, wishes, requests, order, look: before }: AutomationSeen,
  { look, commits }: Delivered,
  resource: ImageUpdateAutomation,
  context: StepContext,
): Promise<RequestsDone> {
  if (requests === null) return noRequests;
  const last = commits.at(-1);
  const after = last === undefined || !isDirect(target) ? look : await lookAt(target, wishes, last.oid);
  const decided = after === before ? before : await holdByRequests(after, requests, order);
  return deliverRequests(requests, resource, order, decided, context);
}

const noRequests: RequestsDone = { open: [], kept: [], news: [], pushed: [], again: false };

/** A crash, or a change of the spec, between a push and the status leaves a commit of ours that status does not know. */
async function findOwnHead(
  resource: ImageUpdateAutomation,
  { target, order }: { readonly target: AutomationSeen['target']; readonly order: PushOrder },
  head: Oid,
): Promise<AutomationDone['found']> {
  if (resource.status?.lastPushCommit === head) return null;
  const { message, committer } = await target.mirror.commit(head);
  const own = order.style.automation;
  const isOwn = parseTrailers(message).some(({ key, value }) => key === automationTrailer && value === own);
  return isOwn ? { commit: head, message, at: committer.seconds * 1000 } : null;
}

function remember(
  { look, commits }: Delivered,
  { target }: AutomationSeen,
  before: AutomationMemory,
  { clock }: StepContext,
): AutomationMemory {
  // A request may be opened again: the forge is asked each time.
  const holds = holdsOf(look).filter(({ request }) => request === undefined);
  const last = commits.at(-1);
  if (last === undefined) return { ...before, holds };
  const edits = commits
    .flatMap(({ plan }) => plan.edits)
    .map(({ marker, after }) => ({ policy: marker.policy, part: marker.part, value: after, file: marker.file }));
  const branch = isDirect(target) ? {} : { branch: target.branch };
  return { holds, lastPush: { commit: last.oid, edits, at: clock.now(), ...branch } };
}
