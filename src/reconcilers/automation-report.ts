import type { ImagePolicy, ImageUpdateAutomation } from '../api/index.ts';
import { formatTime, type Instant, type Oid, type Report } from '../core/index.ts';
import { describeReverts } from '../hold/index.ts';
import { describeHeld, describeWaiting, joinLines, nextOpening } from './automation-conditions.ts';
import { type AutomationLook, holdsOf } from './automation-look.ts';
import type { Pushed } from './automation-push.ts';
import type { RequestsDone } from './automation-request-delivery.ts';
import { intervalMs } from './automation-target.ts';

/** What a run did. */
export interface AutomationDone {
  readonly look: AutomationLook;
  readonly pushed: Pushed['commits'];
  readonly policies: readonly ImagePolicy[];
  readonly branch: string;
  /** For `status.observedSourceRevision`. */
  readonly revision: string;
  /** Why branches were left as they are. */
  readonly kept: readonly string[];
  readonly requests: RequestsDone;
  /** A commit of ours at the head that status does not know yet. */
  readonly found: { readonly commit: Oid; readonly message: string; readonly at: Instant } | null;
}

/** The conditions of an automation beside those that every kind has. */
const conditionTypes = ['Held', 'Guarded', 'MarkersIgnored', 'BranchKept', 'RequestsOpen'];

/** When a merge that was refused is asked for again: checks and reviews come without anybody telling. */
const againMs = 60_000;

/** What a finished run says of itself: conditions, status, events. */
export function reportRun(resource: ImageUpdateAutomation, done: AutomationDone, now: Instant): Report {
  const { look, pushed, policies, found } = done;
  const last = pushed.at(-1);
  const held = describeHeld(look);
  const waiting = [...describeWaiting(look), ...describeKept(done.kept)];
  const conditions = [...(held === null ? [] : [held]), ...waiting, ...describeOpen(done.requests)];
  return {
    ready: { status: 'True', reason: 'Succeeded', message: 'repository up-to-date' },
    outcome: 'done',
    conditions,
    remove: conditionTypes.filter((type) => conditions.every((one) => one.type !== type)),
    status: {
      lastAutomationRunTime: formatTime(now),
      observedPolicies: observedPolicies(resource, policies),
      observedSourceRevision: done.revision,
      ...(last === undefined ? {} : { lastPushCommit: last.oid, lastPushTime: formatTime(now) }),
      ...(found === null ? {} : { lastPushCommit: found.commit, lastPushTime: formatTime(found.at) }),
    },
    events: [
      ...pushEvents(done),
      ...requestEvents(done.requests),
      ...holdEvents(resource, look),
      ...conditionEvents(resource, waiting),
    ],
    next: nextRun(resource, done, now),
  };
}

/** Exactly when a guard may open, where that comes before anything else. */
function nextRun(resource: ImageUpdateAutomation, { look, requests }: AutomationDone, now: Instant): Report['next'] {
  const afterMs = requests.again ? Math.min(intervalMs(resource), againMs) : intervalMs(resource);
  const opensAt = nextOpening(look);
  return opensAt === null || opensAt - now > afterMs ? { afterMs, jitter: true } : { afterMs: Math.max(0, opensAt - now) };
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

function describeKept(kept: readonly string[]): NonNullable<Report['conditions']> {
  return kept.length === 0 ? [] : [{ type: 'BranchKept', status: 'True', reason: 'ForeignCommits', message: joinLines(kept) }];
}

function describeOpen({ open }: RequestsDone): NonNullable<Report['conditions']> {
  return open.length === 0 ? [] : [{ type: 'RequestsOpen', status: 'True', reason: 'AwaitingMerge', message: joinLines(open) }];
}

function requestEvents({ news }: RequestsDone): NonNullable<Report['events']> {
  return news.map((message) => ({ type: 'Normal', reason: 'PullRequest', message }));
}

function pushEvents({ pushed, branch, found }: AutomationDone): NonNullable<Report['events']> {
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
