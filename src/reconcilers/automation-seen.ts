import { commitPerAnnotation, findSelectorProblem, type ImageUpdateAutomation } from '../api/index.ts';
import { nameOf, type StepContext } from '../core/index.ts';
import type { CommitSigner } from '../sign/index.ts';
import { type Base, checkPushRefs, readBase } from './automation-checkout.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { stalled } from './automation-failure.ts';
import { type AutomationLook, lookAt } from './automation-look.ts';
import { messageWriter, readMessageTemplate } from './automation-message.ts';
import type { PushOrder } from './automation-push.ts';
import type { RequestSeen } from './automation-request-delivery.ts';
import { holdByRequests, observeRequests, orderViaForge } from './automation-request-look.ts';
import { readSigner } from './automation-signing.ts';
import { readSource } from './automation-source.ts';
import { type AutomationTarget, isDirect, openTarget, refreshTarget } from './automation-target.ts';
import { type AutomationWishes, wishesOf } from './automation-wishes.ts';

/** What a run saw before it decided, and how it would write. */
export interface AutomationSeen {
  readonly target: AutomationTarget;
  readonly base: Base;
  readonly wishes: AutomationWishes;
  readonly look: AutomationLook;
  readonly order: PushOrder;
  /** Null where nothing is delivered by request. */
  readonly requests: RequestSeen | null;
}

/** Looks at the branch, the policies and the Secrets. What the spec has wrong is told here, before there is anything to write. */
export async function observeAutomation(
  resource: ImageUpdateAutomation,
  context: StepContext,
  deps: AutomationDeps,
): Promise<AutomationSeen> {
  const problem = findSelectorProblem(resource.spec.policySelector);
  if (problem !== null) throw stalled('InvalidPolicySelector', `failed to parse policy selector: ${problem}`);
  readMessageTemplate(resource);
  const source = await readSource(resource, context, deps);
  const target = await openTarget(resource, source, context, deps);
  checkPushRefs(resource, target.branch, deps.mayPush);
  const signer = await readSigner(resource, context, deps);
  const wishes = wishesOf(resource, await deps.memories.read(nameOf(resource)), isDirect(target), {
    listPolicies: deps.listPolicies,
    guards: deps.guards(resource, context.signal),
  });
  await refreshTarget(resource, source, target, context, deps);
  const base = await readBase(target, context, deps);
  const look = await lookAt(target, wishes, base.head);
  const order = await orderViaForge(resource, orderOf(resource, target, wishes, signer, deps), context, deps);
  const requests = await observeRequests(resource, order, look, context, deps);
  return { target, base, wishes, requests, order, look: await holdByRequests(look, requests, order) };
}

function orderOf(
  resource: ImageUpdateAutomation,
  target: AutomationTarget,
  wishes: AutomationWishes,
  signer: CommitSigner | null,
  deps: AutomationDeps,
): PushOrder {
  return { target, wishes, ...wayOfWriting(resource, target, signer, deps) };
}

/** How an automation commits and pushes, whatever it is that it writes. */
export function wayOfWriting(
  resource: ImageUpdateAutomation,
  target: AutomationTarget,
  signer: CommitSigner | null,
  { clusterId, renderer }: Pick<AutomationDeps, 'clusterId' | 'renderer'>,
): Pick<PushOrder, 'style' | 'pushOptions' | 'refspec'> {
  const { git } = resource.spec;
  const { namespace, name } = nameOf(resource);
  const style = {
    per: resource.metadata.annotations?.[commitPerAnnotation] === 'run' ? ('run' as const) : ('policy' as const),
    author: { name: git?.commit.author.name ?? '', email: git?.commit.author.email ?? '' },
    automation: `${clusterId}/${namespace}/${name}`,
    signer,
    viaForge: false,
    message: messageWriter(resource, { path: target.path, renderer }),
  };
  const pushOptions = Object.entries(git?.push?.options ?? {}).map(([key, value]) => (value === '' ? key : `${key}=${value}`));
  return { style, pushOptions, refspec: git?.push?.refspec };
}
