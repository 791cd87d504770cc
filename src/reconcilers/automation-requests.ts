import {
  autoMergeAnnotation,
  type ImageUpdateAutomation,
  pullRequestAnnotation,
  pullRequestPerAnnotation,
} from '../api/index.ts';
import { type Delivery, formatKey, type MergeMethod, nameOf } from '../core/index.ts';
import type { Write } from './automation-commits.ts';
import { stalled } from './automation-failure.ts';
import type { AutomationLook } from './automation-look.ts';
import { writesOf } from './automation-push.ts';
import { type AutomationTarget, isDirect } from './automation-target.ts';
import type { AutomationWishes } from './automation-wishes.ts';

/** How an automation asks for its bumps instead of pushing them. */
export interface RequestStyle {
  /** The branch that requests are merged into. */
  readonly base: string;
  /** Every branch of ours for requests begins with it. */
  readonly prefix: string;
  /** Where all bumps go into one request, the branch it is on. */
  readonly branch: string;
  readonly per: 'automation' | 'policy';
  readonly autoMerge: MergeMethod | null;
}

/** One request: a branch with what it is to carry. */
export interface RequestUnit {
  readonly branch: string;
  readonly writes: readonly Write[];
}

const request: Delivery = 'PullRequest';

/** @throws TagalongError that stalls the object where there is no branch to merge into, or a branch of ours must not be pushed */
export function requestStyleOf(
  resource: ImageUpdateAutomation,
  target: AutomationTarget,
  mayPush: (ref: string) => boolean,
): RequestStyle {
  const { namespace, name } = nameOf(resource);
  const annotations = resource.metadata.annotations ?? {};
  const { checkout } = target;
  if (checkout.kind !== 'branch') {
    const message = 'a pull request is merged into a branch, and what is checked out is none; set spec.git.checkout.ref.branch';
    throw stalled('InvalidSourceConfiguration', message);
  }
  const prefix = prefixOf(namespace, name);
  const isOwnBranch = annotations[pullRequestAnnotation] === 'true' && !isDirect(target);
  const branch = isOwnBranch ? target.branch : `${prefix}all`;
  const forbidden = [`refs/heads/${branch}`, `refs/heads/${prefix}policy-x`].find((ref) => !mayPush(ref));
  if (forbidden !== undefined) {
    const message = `pull requests need branches that may not be pushed here (--allowed-push-refs): have refs/heads/${prefix}* allowed`;
    throw stalled('PushRefNotAllowed', message);
  }
  const method = annotations[autoMergeAnnotation];
  return {
    ...{ base: checkout.branch, prefix, branch },
    per: annotations[pullRequestPerAnnotation] === 'policy' ? 'policy' : 'automation',
    autoMerge: method === 'merge' || method === 'squash' || method === 'rebase' ? method : null,
  };
}

/** Whether a branch is one that requests of the automation come from. */
export function ownsBranch(resource: ImageUpdateAutomation, branch: string): boolean {
  const { namespace, name } = nameOf(resource);
  const isPushed =
    resource.metadata.annotations?.[pullRequestAnnotation] === 'true' && resource.spec.git?.push?.branch === branch;
  return isPushed || branch.startsWith(prefixOf(namespace, name));
}

function prefixOf(namespace: string, name: string): string {
  return `tagalong/${namespace}/${name}/`;
}

/** What goes into which request: all into one, or one a policy, or group of policies. */
export function planRequests(
  look: AutomationLook,
  { groups }: Pick<AutomationWishes, 'groups'>,
  style: RequestStyle,
): RequestUnit[] {
  const branchOf = ({ marker }: Write) => {
    if (style.per === 'automation') return style.branch;
    const group = groups.of.get(formatKey(marker.policy));
    return group === undefined ? `${style.prefix}policy-${marker.policy.name}` : `${style.prefix}group-${branchPart(group)}`;
  };
  return [...Map.groupBy(writesOf(look, request), branchOf)]
    .map(([branch, writes]) => ({ branch, writes }))
    .toSorted((a, b) => (a.branch < b.branch ? -1 : 1));
}

/** A group is named as people like; a branch is not. */
function branchPart(group: string): string {
  return group.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '') || 'unnamed';
}

/** Branches of ours that carry nothing any more. The one through which a forge makes commits is not for requests. */
export function findStaleBranches(
  refs: ReadonlyMap<string, unknown>,
  units: readonly RequestUnit[],
  { prefix, branch, base }: RequestStyle,
): string[] {
  const branches = [...refs.keys()].flatMap((ref) => (ref.startsWith('refs/heads/') ? [ref.slice('refs/heads/'.length)] : []));
  return branches.filter(
    (one) =>
      (one.startsWith(prefix) || one === branch) &&
      one !== base &&
      one !== scratchBranch(prefix) &&
      units.every((unit) => unit.branch !== one),
  );
}

/** Where a forge makes commits, one upon the other, before git moves them to their branch. */
export function scratchBranch(prefix: string): string {
  return `${prefix}scratch`;
}
