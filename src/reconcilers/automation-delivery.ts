import { commitPerAnnotation, type ImageUpdateAutomation } from '../api/index.ts';
import { type Instant, nameOf, type Oid, type StepContext } from '../core/index.ts';
import { automationTrailer, parseTrailers } from '../hold/index.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { failAs } from './automation-failure.ts';
import { type AutomationLook, holdsOf } from './automation-look.ts';
import type { AutomationMemory } from './automation-memory.ts';
import { messageWriter } from './automation-message.ts';
import { type Pushed, pushCommits } from './automation-push.ts';
import type { AutomationDone } from './automation-report.ts';
import type { AutomationTarget } from './automation-target.ts';
import type { AutomationWishes } from './automation-wishes.ts';

/** What a run saw before it decided. */
export interface AutomationSeen {
  readonly target: AutomationTarget;
  readonly wishes: AutomationWishes;
  readonly look: AutomationLook;
}

/** Commits and pushes what was decided, remembers it, and tells who follows the branch; with `nothing` it only remembers. */
export async function deliver(
  what: 'commit' | 'nothing',
  seen: AutomationSeen,
  resource: ImageUpdateAutomation,
  context: StepContext,
  deps: AutomationDeps,
): Promise<AutomationDone> {
  const { target, wishes, look } = seen;
  const pushed: Pushed = what === 'commit' ? await push(seen, resource, context, deps) : { look, commits: [] };
  const last = pushed.commits.at(-1);
  if (last !== undefined) deps.onPushed(target.mirror, target.branch, last.oid);
  const memory = await deps.memories.read(nameOf(resource));
  await deps.memories.write(nameOf(resource), remember(pushed, memory, context.clock.now()));
  const found = last === undefined ? await findOwnHead(resource, target, pushed.look.head, deps) : null;
  if (found !== null) deps.onPushed(target.mirror, target.branch, found.commit);
  return { look: pushed.look, pushed: pushed.commits, policies: wishes.policies, branch: target.branch, found };
}

/** A crash, or a change of the spec, between a push and the status leaves a commit of ours that status does not know. */
async function findOwnHead(
  resource: ImageUpdateAutomation,
  { mirror }: AutomationTarget,
  head: Oid,
  deps: AutomationDeps,
): Promise<AutomationDone['found']> {
  if (resource.status?.lastPushCommit === head) return null;
  const { message, committer } = await mirror.commit(head);
  const own = trailerOf(resource, deps);
  const isOwn = parseTrailers(message).some(({ key, value }) => key === automationTrailer && value === own);
  return isOwn ? { commit: head, message, at: committer.seconds * 1000 } : null;
}

/** `<cluster id>/<namespace>/<name>`. */
function trailerOf(resource: ImageUpdateAutomation, { clusterId }: AutomationDeps): string {
  const { namespace, name } = nameOf(resource);
  return `${clusterId}/${namespace}/${name}`;
}

function push(
  { target, wishes, look }: AutomationSeen,
  resource: ImageUpdateAutomation,
  context: StepContext,
  deps: AutomationDeps,
): Promise<Pushed> {
  const { git } = resource.spec;
  const order = {
    target,
    wishes,
    per: resource.metadata.annotations?.[commitPerAnnotation] === 'run' ? ('run' as const) : ('policy' as const),
    author: { name: git?.commit.author.name ?? '', email: git?.commit.author.email ?? '' },
    pushOptions: Object.entries(git?.push?.options ?? {}).map(([key, value]) => (value === '' ? key : `${key}=${value}`)),
    automation: trailerOf(resource, deps),
    message: messageWriter(resource, target.path),
  };
  return pushCommits(order, look, context).catch(failAs('failed to update source', 'GitOperationFailed'));
}

function remember({ look, commits }: Pushed, before: AutomationMemory, now: Instant): AutomationMemory {
  const holds = holdsOf(look);
  const last = commits.at(-1);
  if (last === undefined) return { ...before, holds };
  const edits = commits
    .flatMap(({ plan }) => plan.edits)
    .map(({ marker, after }) => {
      return { policy: marker.policy, part: marker.part, value: after, file: marker.file };
    });
  return { holds, lastPush: { commit: last.oid, edits, at: now } };
}
