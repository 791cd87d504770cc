import {
  type GitRepository,
  type ImageUpdateAutomation,
  type Kustomization,
  requestAnnotation,
  type UpdateGuard,
  updateGuardKind,
} from '../api/index.ts';
import { ownerOf } from '../apply/index.ts';
import { errorMessage, formatKey, keyOf, type NamespacedName, nameOf, type Oid, type StepContext } from '../core/index.ts';
import { appendToList, decodeText, identifyDocuments, isMarkerFile, type ListPlace, removeFromList } from '../edit/index.ts';
import { remoteKey } from '../git/index.ts';
import { automationTrailer } from '../hold/index.ts';
import { type Answer, formatAnswer, type HoldRequest, parseAnswer, parseRequest, type UnholdRequest } from '../rollout/index.ts';
import { sourceOf } from './automation-source.ts';
import type { AutomationTarget } from './automation-target.ts';
import { sourceRefOf } from './kustomization-spec.ts';
import { type OnTop, pushOnTop } from './push-on-top.ts';
import type { RequestDeps } from './rollback-request.ts';
import type { RolloutSight, RolloutWriter } from './rollout-deps.ts';
import { oneLine } from './rollout-undo.ts';

export interface HoldRequestDeps extends RequestDeps, Pick<RolloutSight, 'listKustomizations' | 'listSources'> {
  listAutomations(): readonly ImageUpdateAutomation[];
  listGuards(): readonly UpdateGuard[];
}

type HoldChange = HoldRequest | UnholdRequest;

/**
 * Does what `tagalong hold` or `unhold` asks of the guards that are applied from the branch of this automation, once: the entry goes into the
 * guard's file. Answers in the status of the guard.
 */
export async function answerHolds(
  automation: ImageUpdateAutomation,
  writer: RolloutWriter,
  context: StepContext,
  deps: HoldRequestDeps,
): Promise<void> {
  for (const guard of deps.listGuards()) {
    const request = pendingOf(guard);
    if (request === null || keyOf((await findHome(guard, deps)) ?? guard) !== keyOf(automation)) continue;
    const answer = await changeHolds(request, guard, writer, context, deps).catch((error: unknown) => {
      context.signal.throwIfAborted();
      return { id: request.id, ok: false, message: errorMessage(error) };
    });
    // In status: the bot does not write guards, whatever is asked of it.
    const options = { type: 'merge', subresource: 'status', fieldManager: 'tagalong', signal: context.signal } as const;
    await deps.cluster.patch({ ...updateGuardKind, ...nameOf(guard) }, { status: { answer: formatAnswer(answer) } }, options);
  }
}

function pendingOf({ metadata, status }: UpdateGuard): HoldChange | null {
  const request = parseRequest(metadata.annotations?.[requestAnnotation]);
  return request === null || request.do === 'rollback' || parseAnswer(status?.answer)?.id === request.id ? null : request;
}

async function changeHolds(
  request: HoldChange,
  guard: UpdateGuard,
  writer: RolloutWriter,
  context: StepContext,
  deps: HoldRequestDeps,
): Promise<Answer> {
  const { id } = request;
  const { branch } = writer;
  if (branch === null) return { id, ok: false, message: 'the automation works on no branch' };
  let missing = false;
  const outcome = await pushOnTop(
    { ...writer, branch },
    async (head) => {
      const found = await findFile(nameOf(guard), writer.target, head);
      missing = found === null;
      if (found === null) return null;
      const after = edit(found.text, found.place, request);
      if (after === found.text) return null;
      return { files: new Map([[found.place.file, Buffer.from(after, 'utf8')]]), message: messageOf(request, guard, writer) };
    },
    context,
  );
  if (outcome.kind === 'pushed') deps.onPushed(writer.target.mirror, branch, outcome.commit);
  const nothing = missing ? `no file of ${branch} declares UpdateGuard ${keyOf(guard)} by that name` : 'no such entry is there';
  return answerOf(id, outcome, nothing);
}

function answerOf(id: string, outcome: OnTop, because: string): Answer {
  if (outcome.kind === 'pushed')
    return { id, ok: true, message: `pushed ${outcome.commit.slice(0, 7)}`, commit: outcome.commit, files: outcome.files };
  return { id, ok: false, message: outcome.kind === 'refused' ? `the branch refuses the commit: ${outcome.message}` : because };
}

/** The automation that writes the branch which the guard is applied from, one of the guard's namespace first; null where none does. */
async function findHome(guard: UpdateGuard, deps: HoldRequestDeps): Promise<ImageUpdateAutomation | null> {
  const owner = ownerOf(guard);
  const all = owner === null ? [] : await deps.listKustomizations();
  const kustomization = all.find((one) => owner !== null && keyOf(one) === formatKey(owner));
  return kustomization === undefined
    ? null
    : findBranchWriter(kustomization, guard.metadata.namespace ?? '', deps.listSources(), deps.listAutomations());
}

/** The automation that writes the branch which a Kustomization is built from; one of `namespace` first. */
export function findBranchWriter(
  kustomization: Kustomization,
  namespace: string,
  sources: readonly GitRepository[],
  automations: readonly ImageUpdateAutomation[],
): ImageUpdateAutomation | null {
  const source = sources.find((one) => keyOf(one) === formatKey(sourceRefOf(kustomization)));
  if (source === undefined) return null;
  const branch = source.spec.ref?.branch ?? 'master';
  const fits = automations.filter((automation) => {
    const own = sources.find((one) => keyOf(one) === formatKey(sourceOf(automation)));
    const ownBranch = (automation.spec.git?.checkout?.ref ?? own?.spec.ref)?.branch ?? 'master';
    if (own === undefined || automation.spec.suspend === true) return false;
    return remoteKey(own.spec.url) === remoteKey(source.spec.url) && ownBranch === branch;
  });
  const isNear = ({ metadata }: ImageUpdateAutomation) => Number(metadata.namespace === namespace);
  return fits.toSorted((a, b) => isNear(b) - isNear(a))[0] ?? null;
}

async function findFile(
  guard: NamespacedName,
  { mirror }: AutomationTarget,
  head: Oid,
): Promise<{ readonly text: string; readonly place: ListPlace } | null> {
  for (const { path, oid, mode } of await mirror.tree(head)) {
    if (!isMarkerFile(path) || !mode.startsWith('100')) continue;
    const bytes = await mirror.blob(oid);
    if (!bytes.includes('UpdateGuard')) continue;
    const decoded = decodeText(path, bytes);
    if (decoded.kind !== 'text') continue;
    const document = identifyDocuments(decoded.text).findIndex(
      ({ kind, name, namespace }) =>
        kind === 'UpdateGuard' && name === guard.name && (namespace === '' || namespace === guard.namespace),
    );
    if (document >= 0) return { text: decoded.text, place: { file: path, document, path: ['spec', 'holds'] } };
  }
  return null;
}

function edit(text: string, place: ListPlace, request: HoldChange): string {
  if (request.do === 'hold') return appendToList(text, place, request.entry);
  return removeFromList(text, place, (item) => isMeant(item, request));
}

function isMeant(item: unknown, { policy, tag }: UnholdRequest): boolean {
  const { policy: held, tags } = (item ?? {}) as { policy?: unknown; tags?: unknown };
  if (held !== policy) return false;
  return tag === undefined || (Array.isArray(tags) && tags.includes(tag));
}

function messageOf(request: HoldChange, guard: UpdateGuard, { style }: RolloutWriter): string {
  const what =
    request.do === 'hold'
      ? describeEntry(request.entry)
      : `${request.policy}${request.tag === undefined ? '' : ` ${request.tag}`}`;
  const subject = `${request.do === 'hold' ? 'Hold' : 'Unhold'} ${oneLine(what)} in UpdateGuard ${guard.metadata.name}`;
  const why = request.reason === undefined ? '' : oneLine(request.reason);
  const asked = request.by === undefined ? '' : `Asked for by ${oneLine(request.by)}`;
  const parts = [subject, why, asked, `${automationTrailer}: ${style.automation}`];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function describeEntry({ policy, tags, range, digests }: HoldRequest['entry']): string {
  const what = [tags, range, digests].flat().filter((text) => typeof text === 'string');
  return `${String(policy)} ${what.join(', ')}`;
}
