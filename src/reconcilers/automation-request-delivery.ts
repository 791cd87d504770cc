import type { ImageUpdateAutomation } from '../api/index.ts';
import type { Forge, ForgeRequest, Oid, StepContext } from '../core/index.ts';
import type { Renderer } from '../render/index.ts';
import { supersededPrefix } from './automation-closed-requests.ts';
import type { AutomationLook } from './automation-look.ts';
import type { PushOrder } from './automation-push.ts';
import { isOwnCommit, rebuildBranch } from './automation-rebuild.ts';
import { describeRequest } from './automation-request-text.ts';
import { findStaleBranches, planRequests, type RequestStyle, type RequestUnit } from './automation-requests.ts';
import { readBranchCommits } from './branch-commits.ts';

/** What is needed to ask for bumps, and what the forge knows of earlier requests. */
export interface RequestSeen {
  readonly style: RequestStyle;
  readonly forge: Forge;
  /** By branch, newest first. */
  readonly requests: ReadonlyMap<string, readonly ForgeRequest[]>;
  readonly renderer: Renderer;
}

/** What became of the requests of a run. */
export interface RequestsDone {
  /** A sentence for each request that is open now. */
  readonly open: readonly string[];
  /** Why branches were left as they are. */
  readonly kept: readonly string[];
  /** What happened, as events. */
  readonly news: readonly string[];
  /** Branches that moved, with their commits. */
  readonly pushed: readonly { readonly branch: string; readonly commit: Oid }[];
  /** A merge was asked for and refused for now: worth another look before the interval is over. */
  readonly again: boolean;
}

interface Work extends RequestSeen {
  readonly resource: ImageUpdateAutomation;
  readonly order: PushOrder;
  readonly look: AutomationLook;
  readonly context: StepContext;
  readonly done: { open: string[]; kept: string[]; news: string[]; pushed: { branch: string; commit: Oid }[]; again: boolean };
}

/** Makes every branch of ours and its request carry what the look lets land by request; what has nothing to carry any more goes. */
export async function deliverRequests(
  seen: RequestSeen,
  resource: ImageUpdateAutomation,
  order: PushOrder,
  look: AutomationLook,
  context: StepContext,
): Promise<RequestsDone> {
  const done: Work['done'] = { open: [], kept: [], news: [], pushed: [], again: false };
  const work: Work = { ...seen, resource, look, context, done, order: { ...order, refspec: undefined, pushOptions: [] } };
  const units = planRequests(look, order.wishes, seen.style);
  for (const unit of units) await deliverUnit(unit, work);
  const refs = await order.target.mirror.refs();
  for (const branch of findStaleBranches(refs, units, seen.style))
    await clearBranch(branch, refs.get(`refs/heads/${branch}`), work);
  return done;
}

async function deliverUnit(unit: RequestUnit, work: Work): Promise<void> {
  const { order, look, context, requests, style, done } = work;
  const known = requests.get(unit.branch) ?? [];
  const [current, ...others] = known.filter(({ state, base }) => state === 'open' && base === style.base);
  // The same commits under a new request would be what somebody has turned down already.
  const anew = current === undefined && known[0]?.state === 'closed';
  const rebuilt = await rebuildBranch(order, unit.branch, unit.writes, look, context, { anew });
  if (rebuilt.kind === 'foreign') {
    done.kept.push(rebuilt.because);
    if (current !== undefined) done.open.push(describe(work, current));
    return;
  }
  if (rebuilt.kind === 'pushed') done.pushed.push({ branch: unit.branch, commit: rebuilt.head });
  const superseded = known.filter(({ state, base }) => state === 'open' && base !== style.base);
  for (const request of [...others, ...superseded])
    await supersede(request, `the branch to merge into is '${style.base}' now`, work);
  const request = await writeRequest(unit, current, work);
  await mergeRequest(request, rebuilt.head, work);
}

/** Opens the request, or puts the one that is open right. */
async function writeRequest(unit: RequestUnit, current: ForgeRequest | undefined, work: Work): Promise<ForgeRequest> {
  const { resource, forge, style, order, context, done, renderer } = work;
  const edits = unit.writes.map(({ edit }) => edit);
  const text = await describeRequest(resource, edits, { path: order.target.path, renderer });
  if (current === undefined) {
    const request = await forge.open({ branch: unit.branch, base: style.base, ...text }, context.signal);
    done.news.push(`opened ${describe(work, request)}`);
    return request;
  }
  if (isSameText(current.title, text.title) && isSameText(current.body, text.body)) return current;
  await forge.edit(current.number, text, context.signal);
  const request = { ...current, ...text };
  done.news.push(`updated ${describe(work, request)}`);
  return request;
}

/** Forges trim texts, and end their lines as they like. */
function isSameText(a: string, b: string): boolean {
  return a.replaceAll('\r\n', '\n').trim() === b.replaceAll('\r\n', '\n').trim();
}

/** Only ever what we pushed ourselves is merged: its head is named to the forge. */
async function mergeRequest(request: ForgeRequest, head: Oid, work: Work): Promise<void> {
  const { forge, style, context, order, done } = work;
  const { mirror } = order.target;
  if (style.autoMerge === null) return void done.open.push(describe(work, request));
  const outcome = await forge.merge(request.number, { head, method: style.autoMerge }, context.signal);
  if (outcome.kind !== 'merged') {
    const state = outcome.kind === 'scheduled' ? 'is merged once its checks let it' : `is not merged: ${outcome.because}`;
    done.open.push(`${describe(work, request)} ${state}`);
    done.again ||= outcome.kind === 'refused';
    return;
  }
  done.news.push(`merged ${describe(work, request)}`);
  await mirror.fetch(context.signal);
  const refs = await mirror.refs();
  const merged = refs.get(`refs/heads/${style.base}`);
  if (merged !== undefined) done.pushed.push({ branch: style.base, commit: merged });
  await removeBranch(request.branch, refs.get(`refs/heads/${request.branch}`), head, work);
}

/** A branch with nothing to land: merged, overtaken, or turned down. */
async function clearBranch(branch: string, head: Oid | undefined, work: Work): Promise<void> {
  const { requests, order, look, done } = work;
  const known = requests.get(branch) ?? [];
  const [newest] = known;
  if (head === undefined) return;
  if (newest?.state === 'merged' && newest.head === head) return removeBranch(branch, head, head, work);
  const standing = await readBranchCommits(order.target.mirror, look.head, head, (commit) => isOwnCommit(commit, order.style));
  if (standing.kind === 'foreign') {
    const open = known.filter(({ state }) => state === 'open').map((request) => describe(work, request));
    if (open.length > 0)
      done.kept.push(
        `branch '${branch}' carries nothing to land any more, and commits of others: ${open.join(', ')} is left open`,
      );
    return;
  }
  for (const request of known.filter(({ state }) => state === 'open'))
    await supersede(request, 'there is nothing to land any more', work);
  // What a person closed may be opened again by them, as long as its branch is there.
  if (newest?.state !== 'closed') await removeBranch(branch, head, head, work);
}

async function supersede(request: ForgeRequest, because: string, work: Work): Promise<void> {
  const { forge, context, done } = work;
  const { number, title, body } = request;
  if (!title.startsWith(supersededPrefix))
    await forge.edit(number, { title: `${supersededPrefix}${title}`, body }, context.signal);
  await forge.close(number, `Closed by tagalong: ${because}.`, context.signal);
  done.news.push(`closed ${describe(work, request)}: ${because}`);
}

async function removeBranch(
  branch: string,
  seen: Oid | undefined,
  expected: Oid,
  { order, context, style }: Work,
): Promise<void> {
  if (seen === undefined || seen !== expected || branch === style.base) return;
  // Whoever pushed to it, or removed it, meanwhile has the last word.
  await order.target.mirror.deleteBranch(branch, expected, context.signal);
}

function describe({ forge }: Pick<Work, 'forge'>, { number, title, url }: ForgeRequest): string {
  const clean = `${title} ${url}`.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '').slice(0, 500);
  return `${forge.describe(number)}: ${clean}`;
}
