import {
  commitPerAnnotation,
  findSelectorProblem,
  type GitRepository,
  gitRepositoryKind,
  type ImagePolicy,
  type ImageUpdateAutomation,
  imageUpdateAutomationKind,
  matchesSelector,
  onRevertAnnotation,
  releaseAnnotation,
  requestedAtAnnotation,
} from '../api/index.ts';
import {
  type Cluster,
  formatTime,
  type Git,
  type GitMirror,
  type Hold,
  type Instant,
  keyOf,
  type NamespacedName,
  nameOf,
  type Oid,
  parseDurationMs,
  type Reconciler,
  type Report,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import { automationTrailer, describeReverts, type HoldFinder, isReleasedBy, parseTrailers } from '../hold/index.ts';
import { describeHeld, describeWaiting } from './automation-conditions.ts';
import {
  type AutomationLook,
  type AutomationTarget,
  type AutomationWishes,
  lookAt,
  type MarkerIndex,
} from './automation-look.ts';
import { type AutomationMemories, type AutomationMemory, lastPushOf } from './automation-memory.ts';
import { messageWriter, readMessageTemplate } from './automation-message.ts';
import { headOf, type Pushed, pushCommits } from './automation-push.ts';
import { type MirrorNews, openMirror } from './mirrors.ts';
import { cleanSourcePath } from './source-path.ts';

export interface AutomationDeps {
  readonly cluster: Cluster;
  readonly git: Git;
  readonly news: MirrorNews;
  readonly memories: AutomationMemories;
  /** Stands in every commit's trailer, so that two clusters that write one repository can be told apart. */
  readonly clusterId: string;
  /** ImagePolicies of a namespace, as the API last told. */
  listPolicies(namespace: string): readonly ImagePolicy[];
  markersOf(mirror: GitMirror): MarkerIndex;
  holdsOf(mirror: GitMirror): HoldFinder;
  /** Told after a push, so that sources on the branch follow without a fetch. */
  onPushed(mirror: GitMirror, branch: string, commit: Oid): void;
}

interface Seen {
  readonly target: AutomationTarget;
  readonly wishes: AutomationWishes;
  readonly look: AutomationLook;
}

type Plan =
  | { readonly do: 'commit'; readonly because: string; readonly seen: Seen }
  | { readonly do: 'nothing'; readonly because: string; readonly seen: Seen };

interface Done {
  readonly look: AutomationLook;
  readonly pushed: Pushed['commits'];
  readonly policies: readonly ImagePolicy[];
  readonly branch: string;
  /** A commit of ours at the head that status does not know yet. */
  readonly found: { readonly commit: Oid; readonly message: string; readonly at: Instant } | null;
}

/** Writes what the policies picked at the markers of a branch: decides on a look at the head, commits, pushes; what a person took back is held. */
export function createImageUpdateAutomationReconciler(deps: AutomationDeps): Reconciler<ImageUpdateAutomation, Seen, Plan, Done> {
  return {
    kind: imageUpdateAutomationKind,
    observe: (resource, context) => observe(resource, context, deps),
    decide,
    act: (plan, resource, context) => act(plan, resource, context, deps),
    report,
    describeFailure: (_resource, _error, now) => ({ status: { lastAutomationRunTime: formatTime(now) } }),
    finalize: (resource) => deps.memories.drop(nameOf(resource)),
  };
}

/** The GitRepository an automation writes to. */
export function sourceOf(resource: ImageUpdateAutomation): NamespacedName {
  const { name, namespace } = resource.spec.sourceRef;
  return { namespace: namespace ?? resource.metadata.namespace ?? '', name };
}

async function observe(resource: ImageUpdateAutomation, context: StepContext, deps: AutomationDeps): Promise<Seen> {
  const problem = findSelectorProblem(resource.spec.policySelector);
  if (problem !== null) throw stalled('InvalidPolicySelector', `failed to parse policy selector: ${problem}`);
  readMessageTemplate(resource);
  const source = await readSource(resource, context, deps);
  const target = await openTarget(resource, source, context, deps);
  const memory = await deps.memories.read(nameOf(resource));
  const wishes = wishesOf(resource, memory, deps);
  const maxAgeMs = (await tellsNews(source, target)) ? 0 : allowedAgeMs(resource);
  await refresh(maxAgeMs, target, context, deps);
  return { target, wishes, look: await lookAt(target, wishes, await headOf(target)) };
}

/** A source that another process serves may show a commit that nobody here has fetched. */
async function tellsNews({ status }: GitRepository, { mirror }: AutomationTarget): Promise<boolean> {
  const [, commit] = /@?sha(?:1|256):([0-9a-f]{40,64})$/.exec(status?.artifact?.revision ?? '') ?? [];
  return commit !== undefined && !(await mirror.has(commit));
}

function refresh(
  maxAgeMs: number,
  { mirror, branch }: AutomationTarget,
  { signal }: StepContext,
  { news }: AutomationDeps,
): Promise<void> {
  return news.refresh(mirror, branch, maxAgeMs, signal).catch(failAs('failed to checkout source', 'GitOperationFailed'));
}

async function readSource(
  resource: ImageUpdateAutomation,
  context: StepContext,
  { cluster }: AutomationDeps,
): Promise<GitRepository> {
  const wanted = sourceOf(resource);
  const source = await cluster.get({ ...gitRepositoryKind, ...wanted }, context.signal);
  if (source !== null) return source as GitRepository;
  const message = `failed configuring source manager: gitrepositories.source.toolkit.fluxcd.io "${wanted.name}" not found`;
  throw new TagalongError('SOURCE_MISSING', message, { reason: 'SourceManagerFailed' });
}

async function openTarget(
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
  const branch = (git.checkout?.ref ?? source.spec.ref)?.branch;
  if (branch === undefined) {
    const message = 'push spec not provided, and cannot be inferred from .spec.git.checkout.ref or GitRepository .spec.ref';
    throw new TagalongError('NO_BRANCH', `failed configuring source manager: ${message}`, { reason: 'SourceManagerFailed' });
  }
  const unconfigured = failAs('failed configuring source manager', 'SourceManagerFailed');
  const mirror = await openMirror(source, deps, context.signal).catch(unconfigured);
  const path = cleanSourcePath(update?.path, 'spec.update.path');
  return { mirror, branch, path, markers: deps.markersOf(mirror), holds: deps.holdsOf(mirror) };
}

function wishesOf(resource: ImageUpdateAutomation, memory: AutomationMemory, deps: AutomationDeps): AutomationWishes {
  const { namespace } = nameOf(resource);
  const all = deps.listPolicies(namespace);
  const annotations = resource.metadata.annotations ?? {};
  const lastPush = lastPushOf(resource.status, memory);
  return {
    namespace,
    policies: all.filter(
      (policy) => isWritable(policy) && matchesSelector(policy.metadata.labels ?? {}, resource.spec.policySelector),
    ),
    known: new Set(all.map(keyOf)),
    lastPush,
    knownHolds: memory.holds,
    ignoreHolds: annotations[onRevertAnnotation] === 'rebump',
    isReleased: (hold) => isReleasedBy(annotations[releaseAnnotation], hold, lastPush?.commit),
  };
}

/** A suspended policy is not written: whoever suspends it wants nothing of it to move. */
function isWritable(policy: ImagePolicy): boolean {
  return (
    policy.status?.latestRef !== undefined && policy.spec.suspend !== true && policy.metadata.deletionTimestamp === undefined
  );
}

/** How old our knowledge of the branch may be: anything newer than the interval will do, since a push on an old head is refused. */
function allowedAgeMs(resource: ImageUpdateAutomation): number {
  const token = resource.metadata.annotations?.[requestedAtAnnotation];
  if (token !== undefined && token !== resource.status?.lastHandledReconcileAt) return 0;
  return 0.9 * intervalMs(resource);
}

function decide(_resource: ImageUpdateAutomation, seen: Seen): Plan {
  const writes = seen.look.verdicts.filter(({ kind }) => kind === 'write');
  if (writes.length > 0) {
    return { do: 'commit', because: `${writes.length} marker(s) of ${seen.target.branch} differ from what was selected`, seen };
  }
  const waiting = seen.look.verdicts.length;
  const because = waiting === 0 ? 'every marker carries what was selected' : `${waiting} marker(s) wait`;
  return { do: 'nothing', because, seen };
}

async function act(plan: Plan, resource: ImageUpdateAutomation, context: StepContext, deps: AutomationDeps): Promise<Done> {
  const { target, wishes, look } = plan.seen;
  const pushed: Pushed = plan.do === 'commit' ? await push(plan.seen, resource, context, deps) : { look, commits: [] };
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
): Promise<Done['found']> {
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
  { target, wishes, look }: Seen,
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

function holdsOf(look: AutomationLook): Hold[] {
  return look.verdicts.flatMap((verdict) => (verdict.kind === 'held' ? [verdict.hold] : []));
}

function report(resource: ImageUpdateAutomation, _plan: Plan, done: Done, now: Instant): Report {
  const { look, pushed, branch, policies, found } = done;
  const last = pushed.at(-1);
  const held = describeHeld(look);
  const waiting = describeWaiting(look);
  return {
    ready: { status: 'True', reason: 'Succeeded', message: 'repository up-to-date' },
    outcome: 'done',
    conditions: [...(held === null ? [] : [held]), ...waiting],
    remove: ['Held', 'Guarded', 'MarkersIgnored'].filter(
      (type) => held?.type !== type && waiting.every((one) => one.type !== type),
    ),
    status: {
      lastAutomationRunTime: formatTime(now),
      observedPolicies: observedPolicies(resource, policies),
      observedSourceRevision: `${branch}@sha1:${last?.oid ?? look.head}`,
      ...(last === undefined ? {} : { lastPushCommit: last.oid, lastPushTime: formatTime(now) }),
      ...(found === null ? {} : { lastPushCommit: found.commit, lastPushTime: formatTime(found.at) }),
    },
    events: [...pushEvents(done), ...holdEvents(resource, look), ...conditionEvents(resource, waiting)],
    next: { afterMs: intervalMs(resource), jitter: true },
  };
}

/** The whole map anew: policies that are gone are set to null, since status is merged. */
function observedPolicies(resource: ImageUpdateAutomation, policies: readonly ImagePolicy[]): Record<string, unknown> {
  const gone = Object.keys(resource.status?.observedPolicies ?? {}).map((name) => [name, null] as const);
  const current = policies.map((policy) => {
    const { name, tag, digest } = policy.status?.latestRef ?? { name: '', tag: '' };
    return [policy.metadata.name, { name, tag, digest: digest || null }] as const;
  });
  return Object.fromEntries([...gone, ...current]);
}

function pushEvents({ pushed, branch, found }: Done): NonNullable<Report['events']> {
  const commits = found === null ? pushed : [{ oid: found.commit, message: found.message }];
  return commits.map(({ oid, message }) => {
    return {
      type: 'Normal',
      reason: 'Succeeded',
      message: `pushed commit '${oid.slice(0, 7)}' to branch '${branch}'\n${message}`,
    };
  });
}

/** News only: an event for each revert that was not held before this run. */
function holdEvents(resource: ImageUpdateAutomation, look: AutomationLook): NonNullable<Report['events']> {
  const before = conditionMessage(resource, 'Held');
  const news = holdsOf(look).filter((hold) => !before.includes(`${hold.file} `) || !before.includes(hold.value));
  return describeReverts(news).map(({ message }) => ({ type: 'Warning', reason: 'Reverted', message }));
}

function conditionEvents(
  resource: ImageUpdateAutomation,
  conditions: NonNullable<Report['conditions']>,
): NonNullable<Report['events']> {
  const news = conditions.filter(({ type, message }) => conditionMessage(resource, type) !== message);
  return news.map(({ reason, message }) => ({ type: 'Warning', reason, message }));
}

function conditionMessage(resource: ImageUpdateAutomation, type: string): string {
  return resource.status?.conditions?.find((condition) => condition.type === type)?.message ?? '';
}

const isWorded = /^failed (configuring source manager|to checkout source|to update source|to apply policies): /;

/** The error with Flux's words in front and its reason; one that has them already stays as it is. */
function failAs(words: string, reason: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof TagalongError) || isWorded.test(error.message)) throw error;
    throw new TagalongError(error.code, `${words}: ${error.message}`, { reason, retry: error.retry, cause: error });
  };
}

function stalled(reason: string, message: string): TagalongError {
  return new TagalongError(reason, message, { reason, retry: 'never' });
}

function intervalMs(resource: ImageUpdateAutomation): number {
  return parseDurationMs(resource.spec.interval) ?? 60_000;
}
