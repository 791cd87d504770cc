import { commitViaAnnotation, type ImageUpdateAutomation, pullRequestAnnotation } from '../api/index.ts';
import { type Forge, type ForgeRequest, nameOf, type StepContext, TagalongError } from '../core/index.ts';
import { holdClosedRequests } from './automation-closed-requests.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { openForge } from './automation-forge.ts';
import type { AutomationLook } from './automation-look.ts';
import { type PushOrder, writesOf } from './automation-push.ts';
import { remakeViaForge } from './automation-remake.ts';
import type { RequestSeen } from './automation-request-delivery.ts';
import { checkRequestTemplates } from './automation-request-text.ts';
import { findStaleBranches, planRequests, requestStyleOf, scratchBranch } from './automation-requests.ts';

/** What an automation sees of the forge: null where nothing is delivered by request, and nothing of that kind is left. */
export async function observeRequests(
  resource: ImageUpdateAutomation,
  order: PushOrder,
  look: AutomationLook,
  context: StepContext,
  deps: AutomationDeps,
): Promise<RequestSeen | null> {
  const { target, wishes } = order;
  const isAsked = resource.metadata.annotations?.[pullRequestAnnotation] === 'true' || writesOf(look, 'PullRequest').length > 0;
  if (!isAsked && !(await hasLeftovers(resource, order))) return null;
  try {
    checkRequestTemplates(resource);
    const style = requestStyleOf(resource, target, deps.mayPush);
    const forge = await openForge(resource, target.mirror.remote, context, deps);
    const units = planRequests(look, wishes, style);
    const stale = findStaleBranches(await target.mirror.refs(), units, style);
    const requests = await listRequests(forge, [...units.map(({ branch }) => branch), ...stale], context);
    return { style, forge, requests, renderer: deps.renderer };
  } catch (error) {
    // What is left of earlier requests is no reason to stop the rest.
    if (!isAsked && error instanceof TagalongError) return null;
    throw error;
  }
}

async function hasLeftovers(resource: ImageUpdateAutomation, { target }: PushOrder): Promise<boolean> {
  const { namespace, name } = nameOf(resource);
  const refs = await target.mirror.refs();
  return [...refs.keys()].some((ref) => ref.startsWith(`refs/heads/tagalong/${namespace}/${name}/`));
}

async function listRequests(
  forge: Forge,
  branches: readonly string[],
  { signal }: Pick<StepContext, 'signal'>,
): Promise<Map<string, readonly ForgeRequest[]>> {
  const found = new Map<string, readonly ForgeRequest[]>();
  for (const branch of branches) found.set(branch, await forge.list(branch, signal));
  return found;
}

/** The look with what was turned down by closing a request held. */
export async function holdByRequests(look: AutomationLook, seen: RequestSeen | null, order: PushOrder): Promise<AutomationLook> {
  if (seen === null) return look;
  const units = planRequests(look, order.wishes, seen.style);
  return holdClosedRequests(look, units, seen.requests, { ...order, forge: seen.forge });
}

/** The order with commits made by the forge, where the automation wants them so. */
export async function orderViaForge<Order extends Pick<PushOrder, 'target' | 'style'>>(
  resource: ImageUpdateAutomation,
  order: Order,
  context: StepContext,
  deps: AutomationDeps,
): Promise<Order & Pick<PushOrder, 'remake'>> {
  if (resource.metadata.annotations?.[commitViaAnnotation] !== 'forge') return order;
  const { mirror } = order.target;
  const { namespace, name } = nameOf(resource);
  const scratch = scratchBranch(`tagalong/${namespace}/${name}/`);
  const forge = await openForge(resource, mirror.remote, context, deps);
  const style = { ...order.style, viaForge: true, signer: null };
  return {
    ...order,
    style,
    remake: (commits, onto) => remakeViaForge({ mirror, forge, scratch, style }, commits, onto, context),
  };
}
