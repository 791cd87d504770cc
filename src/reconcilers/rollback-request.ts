import {
  answerAnnotation,
  type ImagePolicy,
  type ImageUpdateAutomation,
  imagePolicyKind,
  imageUpdateAutomationKind,
  requestAnnotation,
} from '../api/index.ts';
import { type Cluster, errorMessage, isUnder, type NamespacedName, nameOf, type Oid, type StepContext } from '../core/index.ts';
import { automationTrailer, type OrderTags, rollbackTrailer, tagOf } from '../hold/index.ts';
import {
  type Answer,
  chooseVersion,
  type FileVersion,
  formatAnswer,
  parseAnswer,
  parseRequest,
  type RollbackRequest,
  type Step,
} from '../rollout/index.ts';
import { describeCheckout } from './automation-checkout.ts';
import type { AutomationTarget } from './automation-target.ts';
import { type OnTop, pushOnTop } from './push-on-top.ts';
import { readMarkers } from './rollout-commits.ts';
import type { RolloutWriter } from './rollout-deps.ts';
import { orderOf } from './rollout-standing.ts';
import { describeEdits, oneLine, render } from './rollout-undo.ts';

export interface RequestDeps {
  readonly cluster: Cluster;
  onPushed(mirror: AutomationTarget['mirror'], branch: string, commit: Oid): void;
}

/** Does what `tagalong rollback` asks of an automation, once, and answers in an annotation. A failure is an answer as well. */
export async function answerRollback(
  automation: ImageUpdateAutomation,
  writer: RolloutWriter,
  context: StepContext,
  deps: RequestDeps,
): Promise<void> {
  const annotations = automation.metadata.annotations ?? {};
  const request = parseRequest(annotations[requestAnnotation]);
  if (request === null || request.do !== 'rollback' || parseAnswer(annotations[answerAnnotation])?.id === request.id) return;
  const answer = await rollBack(request, nameOf(automation), writer, context, deps).catch((error: unknown) => {
    context.signal.throwIfAborted();
    return { id: request.id, ok: false, message: errorMessage(error) };
  });
  const ref = { ...imageUpdateAutomationKind, ...nameOf(automation) };
  const patch = { metadata: { annotations: { [answerAnnotation]: formatAnswer(answer) } } };
  await deps.cluster.patch(ref, patch, { type: 'merge', fieldManager: 'tagalong', signal: context.signal });
  context.event({ type: answer.ok ? 'Normal' : 'Warning', reason: 'RollbackRequested', message: describe(request, answer) });
}

async function rollBack(
  request: RollbackRequest,
  { namespace }: NamespacedName,
  writer: RolloutWriter,
  context: StepContext,
  deps: RequestDeps,
): Promise<Answer> {
  const { id } = request;
  const { target, branch } = writer;
  if (branch === null) return { id, ok: false, message: 'the automation works on no branch' };
  const policy = { namespace, name: request.policy };
  let plan: RollbackPlan = { steps: [], because: [] };
  const outcome = await pushOnTop(
    { ...writer, branch },
    async (head) => {
      plan = await planRollback(request, policy, target, head, orderOf(await readPolicy(policy, deps.cluster, context)));
      if (plan.steps.length === 0) return null;
      const edits = plan.steps.map(({ marker, after }) => ({ marker, before: marker.value, after }));
      return { files: await render(edits, target, head), message: messageOf(request, edits, writer) };
    },
    context,
  );
  if (outcome.kind === 'pushed') deps.onPushed(target.mirror, branch, outcome.commit);
  return answerOf(id, outcome, plan.because);
}

function answerOf(id: string, outcome: OnTop, because: readonly string[]): Answer {
  if (outcome.kind === 'pushed')
    return { id, ok: true, message: `pushed ${outcome.commit.slice(0, 7)}`, commit: outcome.commit, files: outcome.files };
  if (outcome.kind === 'refused') return { id, ok: false, message: `the branch refuses the commit: ${outcome.message}` };
  return { id, ok: false, message: because.length === 0 ? 'there is nothing to take back' : because.join('; ') };
}

interface RollbackPlan {
  readonly steps: readonly Step[];
  readonly because: readonly string[];
}

const versionsAtMost = 500;

async function planRollback(
  { to, path }: RollbackRequest,
  policy: NamespacedName,
  target: AutomationTarget,
  head: Oid,
  order: OrderTags,
): Promise<RollbackPlan> {
  const index = await target.markers.at(head, describeCheckout(target.checkout));
  const files = [...index].flatMap(([file, { value }]) => {
    const own = value.markers.some(
      (marker) => marker.policy.name === policy.name && marker.policy.namespace === policy.namespace,
    );
    return own && isUnder(file, target.path) && isUnder(file, clean(path)) ? [file] : [];
  });
  if (files.length === 0)
    return {
      steps: [],
      because: [`no marker of ImagePolicy ${policy.name} is there${path === undefined ? '' : ` below ${path}`}`],
    };
  const choices = await Promise.all(files.map(async (file) => chooseVersion(policy, await readVersions(target, head, file), to)));
  const steps = choices.flatMap((choice) => (choice.kind === 'steps' ? choice.steps : []));
  const forward = to === undefined ? undefined : steps.find((step) => isForward(step, to, order));
  // Nothing would hold what is left, and a tag that was mistyped would be rolled out.
  if (forward !== undefined)
    return { steps: [], because: [`${to} is newer than what ${forward.marker.file} has: a rollback goes back`] };
  return {
    steps,
    because: choices.flatMap((choice) => (choice.kind === 'none' ? [choice.because] : [])),
  };
}

async function readPolicy(policy: NamespacedName, cluster: Cluster, { signal }: StepContext): Promise<ImagePolicy | undefined> {
  return ((await cluster.get({ ...imagePolicyKind, ...policy }, signal)) ?? undefined) as ImagePolicy | undefined;
}

function isForward({ marker }: Step, to: string, order: OrderTags): boolean {
  const current = tagOf(marker.part, marker.value);
  const answer = current === null ? 'unordered' : order(current, to);
  return answer !== 'unordered' && answer < 0;
}

/** Newest first; a version that came back stands there twice. */
async function readVersions({ mirror }: AutomationTarget, head: Oid, file: string): Promise<FileVersion[]> {
  const blobs = [(await mirror.entry(head, file))?.oid];
  for await (const { changes } of mirror.history(head, [file])) {
    blobs.push(...changes.flatMap((one) => one.changes).map(({ before }) => before?.oid));
    if (blobs.length >= versionsAtMost) break;
  }
  const known = new Map<Oid, FileVersion>();
  for (const blob of blobs) {
    if (blob !== undefined && !known.has(blob)) known.set(blob, { markers: await readMarkers(mirror, file, blob) });
  }
  return blobs.flatMap((blob) => known.get(blob ?? '') ?? []);
}

function messageOf(
  { policy, to, by, reason }: RollbackRequest,
  edits: readonly { marker: Step['marker']; before: string; after: string }[],
  { style }: RolloutWriter,
): string {
  const subject = `Roll back ${policy}${to === undefined ? '' : ` to ${to}`}`;
  const asked = by === undefined ? '' : `Asked for by ${oneLine(by)}`;
  const why = reason === undefined ? '' : oneLine(reason);
  const trailers = `${automationTrailer}: ${style.automation}\n${rollbackTrailer}: request`;
  return `${[subject, why, asked, describeEdits(edits), trailers].filter((part) => part !== '').join('\n\n')}\n`;
}

function describe({ policy, by }: RollbackRequest, { ok, message }: Answer): string {
  const who = by === undefined ? 'somebody' : oneLine(by);
  return `${who} asked to roll back ${policy}: ${ok ? '' : 'not done, '}${oneLine(message)}`;
}

function clean(path: string | undefined): string {
  return (path ?? '').replace(/^(\.?\/)+|^\.$/, '').replace(/\/+$/, '');
}
