import { type ImagePolicy, type ImageRepository, imagePolicyKind, versionStyleOf } from '../api/index.ts';
import type { CloudLogins } from '../auth/index.ts';
import {
  type Ask,
  type Difference,
  formatImageRef,
  type ImageRef,
  type Instant,
  nameOf,
  parseDurationMs,
  type ReadyState,
  type Reconciler,
  type Registry,
  type Report,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import { parseImageName } from '../registry/index.ts';
import { compileTagPolicy, selectTag } from '../select/index.ts';
import { hasNatureGates } from './guard-nature.ts';
import { describeRefused, type GuardedSelection, lookAgainAt, type PolicyGuards, selectGuarded } from './guarded-selection.ts';
import { type PolicyRepositoryDeps, readRepository, repositoryOf } from './policy-repository.ts';
import { clusterReader, resolveRegistryAccess } from './registry-access.ts';
import type { TagList, TagLists } from './tag-lists.ts';

export interface ImagePolicyDeps extends PolicyRepositoryDeps {
  readonly tagLists: TagLists;
  readonly registry: Registry;
  readonly logins: CloudLogins;
  /** Guards that have a word in what is picked; absent = none. */
  readonly guards?: PolicyGuards;
}

interface Seen {
  readonly image: string;
  readonly list: TagList | null;
  /** What guards made of the selection; absent where none has a word in it. */
  readonly guarded?: GuardedSelection;
  /** What the registry says that a tag points at; null for a tag that is not there. */
  readonly digest?: { readonly of: string; readonly value: string | null };
}

/** What the digest of this tag is. */
interface Question {
  readonly digestOf: string;
}

type Plan =
  | { readonly do: 'select'; readonly because: string; readonly ref: ImageRef; readonly guarded?: GuardedSelection }
  | {
      readonly do: 'keep';
      readonly because: string;
      readonly reason: string;
      readonly retry?: boolean;
      readonly guarded?: GuardedSelection;
    }
  | { readonly do: 'wait'; readonly because: string }
  | { readonly do: 'refuse'; readonly because: string };

const dependencyRetryMs = 30_000;

/** Picks a tag of the repository's last complete listing. The answer is kept while nothing better is known. */
export function createImagePolicyReconciler(deps: ImagePolicyDeps): Reconciler<ImagePolicy, Seen, Plan, null, Question> {
  return {
    kind: imagePolicyKind,
    observe: (resource, context, asked) =>
      asked === undefined ? observe(resource, context, deps) : findDigest(asked, resource, context, deps),
    decide,
    act: async () => null,
    preview: async (plan, resource) => compareSelection(plan, resource),
    report: (resource, plan, _done, now) => withRefused(report(resource, plan), plan, now),
  };
}

async function observe(resource: ImagePolicy, context: StepContext, deps: ImagePolicyDeps): Promise<Seen> {
  const wanted = repositoryOf(resource);
  const found = await readRepository(resource, context, deps);
  const list = await deps.tagLists.read(wanted);
  // A listing that the repository does not speak of is of another time, and could take the answer back to it.
  const isCurrent = list !== null && list.revision === found.status?.lastScanResult?.revision;
  const guarded = isCurrent ? await askGuards(resource, found, list, context, deps) : undefined;
  return { image: found.spec.image, list: isCurrent ? list : null, ...(guarded === undefined ? {} : { guarded }) };
}

async function askGuards(
  resource: ImagePolicy,
  repository: ImageRepository,
  list: TagList,
  context: StepContext,
  deps: ImagePolicyDeps,
): Promise<GuardedSelection | undefined> {
  const { guards } = deps;
  const compiled = compileTagPolicy(resource.spec, versionStyleOf(resource.metadata.annotations));
  if (guards === undefined || compiled.kind === 'invalid') return undefined;
  if (!guards.guardsOf(resource).some(hasNatureGates)) {
    guards.noteRefused(nameOf(resource), []);
    return undefined;
  }
  const image = parseImageName(repository.spec.image);
  const reader = clusterReader(deps.cluster, repositoryOf(resource).namespace, context.signal);
  const access = await resolveRegistryAccess(repository.spec, image, { reader, logins: deps.logins });
  const at = { now: context.clock.now(), signal: context.signal };
  const selection = await selectGuarded(resource, compiled.policy, list.tags, { image, access }, guards, at);
  guards.noteRefused(nameOf(resource), selection.refused);
  return selection;
}

/** Asks with what opens the registry for the ImageRepository. An image of several platforms has the digest of its index. */
async function findDigest(
  { question: { digestOf: tag }, seen }: { question: Question; seen: Seen },
  resource: ImagePolicy,
  context: StepContext,
  deps: ImagePolicyDeps,
): Promise<Seen> {
  const repository = await readRepository(resource, context, deps);
  const image = parseImageName(repository.spec.image);
  const reader = clusterReader(deps.cluster, repositoryOf(resource).namespace, context.signal);
  const access = await resolveRegistryAccess(repository.spec, image, { reader, logins: deps.logins });
  const value = await deps.registry.fetchDigest(image, tag, access, context.signal).catch((error: unknown) => {
    if (!(error instanceof TagalongError)) throw error;
    const message = `failed fetching digest of ${seen.image}:${tag}: ${error.message}`;
    throw new TagalongError(error.code, message, { retry: error.retry, reason: 'Failed', cause: error });
  });
  return { ...seen, digest: { of: tag, value } };
}

function decide(resource: ImagePolicy, seen: Seen): Plan | Ask<Question> {
  const compiled = compileTagPolicy(resource.spec, versionStyleOf(resource.metadata.annotations));
  if (compiled.kind === 'invalid') return { do: 'refuse', because: compiled.reason };
  if (seen.list === null) return { do: 'wait', because: 'retrying in 30s error: no tags in database' };
  const choice = selectTag(compiled.policy, seen.list.tags);
  if (choice.kind === 'none') return { do: 'keep', because: choice.reason, reason: 'Failure' };
  if (seen.guarded !== undefined) return decideGuarded(seen, seen.guarded);
  const digest = digestFor(resource, seen, choice.tag);
  if (digest === 'unknown') return { do: 'ask', question: { digestOf: choice.tag } };
  const ref = { name: seen.image, tag: choice.tag };
  if (digest === null) {
    const because = `failed fetching digest of ${formatImageRef(ref)}: the registry has no such tag any more`;
    return { do: 'keep', because, reason: 'Failed', retry: true };
  }
  return {
    do: 'select',
    because: `${choice.tag} is the newest of ${seen.list.tags.length} tags that pass`,
    ref: digest === '' ? ref : { ...ref, digest },
  };
}

/** Our answer beside the one in status. */
function compareSelection(plan: Plan, { status }: ImagePolicy): readonly Difference[] {
  const theirs = status?.latestRef === undefined ? 'nothing' : formatImageRef(status.latestRef);
  if (plan.do === 'select') {
    const ours = formatImageRef(plan.ref);
    return ours === theirs ? [] : [{ kind: 'selection', message: `would pick ${ours}; status has ${theirs} (${plan.because})` }];
  }
  const isReady = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
  return isReady ? [{ kind: 'selection', message: `would not pick: ${plan.because}; status has ${theirs}` }] : [];
}

/** The newest that passes is picked; where none does, the answer stays as it is. */
function decideGuarded({ image, list }: Seen, { passed, refused }: GuardedSelection): Plan {
  if (passed === null) {
    const because = `none of the ${refused.length} newest tags that pass the policy passes its guards:\n${refused.map(describeRefused).join('\n')}`;
    return { do: 'keep', because, reason: 'Guarded', guarded: { passed, refused } };
  }
  const { tag, digest } = passed;
  const because = `${tag} is the newest of ${list?.tags.length ?? 0} tags that passes the guards; ${refused.length} newer ones do not`;
  return { do: 'select', because, ref: { name: image, tag, ...(digest === '' ? {} : { digest }) }, guarded: { passed, refused } };
}

/** The digest to record with a tag: '' for none, null for a tag that has none, unknown before it was asked for. */
function digestFor({ spec, status }: ImagePolicy, { image, digest }: Seen, tag: string): string | null | 'unknown' {
  const mode = spec.digestReflectionPolicy ?? 'Never';
  if (mode === 'Never') return '';
  const known = status?.latestRef;
  if (mode === 'IfNotPresent' && known?.name === image && known.tag === tag && known.digest) return known.digest;
  return digest?.of === tag ? digest.value : 'unknown';
}

/** Newer tags that guards refused stand in a condition of their own, and are looked at again where that may help. */
function withRefused(report: Report, plan: Plan, now: Instant): Report {
  const refused = 'guarded' in plan ? (plan.guarded?.refused ?? []) : [];
  if (refused.length === 0) return { ...report, remove: [...(report.remove ?? []), 'Guarded'] };
  const message = refused.map(describeRefused).join('\n');
  const condition = { type: 'Guarded', status: 'True', reason: 'NewerRefused', message } as const;
  const againAt = lookAgainAt(refused);
  const next = againAt === null ? report.next : { afterMs: Math.max(1000, againAt - now) };
  return { ...report, conditions: [...(report.conditions ?? []), condition], next };
}

function report(resource: ImagePolicy, plan: Plan): Report {
  switch (plan.do) {
    case 'refuse':
      return { ready: { status: 'False', reason: 'InvalidPolicy', message: plan.because }, outcome: 'stalled', next: 'never' };
    case 'wait':
      return reportWaiting(resource, plan.because);
    case 'keep': {
      const ready = { status: 'False', reason: plan.reason, message: plan.because } as const;
      const before = resource.status?.conditions?.find((condition) => condition.type === 'Ready');
      // What guards refuse is looked at again and again, and is news once.
      const isNews = plan.guarded === undefined || before?.message !== plan.because;
      return {
        ready,
        outcome: 'retry',
        events: isNews ? [{ type: 'Warning', reason: ready.reason, message: ready.message }] : [],
        next: plan.retry === true ? 'backoff' : 'never',
      };
    }
    case 'select':
      return reportSelected(resource, plan.ref);
    default:
      return plan satisfies never;
  }
}

/** Without a complete listing (a new process without its state folder) a policy keeps its answer and says nothing new. */
function reportWaiting(resource: ImagePolicy, because: string): Report {
  const known = resource.status?.conditions?.find((condition) => condition.type === 'Ready');
  if (resource.status?.latestRef !== undefined && known?.status === 'True') {
    return { ready: readyOf(known), outcome: 'done', next: { afterMs: dependencyRetryMs } };
  }
  return {
    ready: { status: 'False', reason: 'DependencyNotReady', message: because },
    outcome: 'retry',
    next: { afterMs: dependencyRetryMs },
  };
}

function readyOf({ status, reason, message }: ReadyState): ReadyState {
  return { status, reason, message };
}

/** Status is merged: a digest that is no more has to be taken out, or it would stay beside another tag. */
function wholeRef({ name, tag, digest }: ImageRef): Record<string, string | null> {
  return { name, tag, digest: digest || null };
}

function reportSelected(resource: ImagePolicy, ref: ImageRef): Report {
  const current = resource.status?.latestRef;
  const isSame =
    current !== undefined &&
    current.name === ref.name &&
    current.tag === ref.tag &&
    (current.digest ?? '') === (ref.digest ?? '');
  const previous = isSame ? resource.status?.observedPreviousRef : current;
  const tail =
    previous === undefined || formatImageRef(previous) === formatImageRef(ref) ? '' : ` (previously ${formatImageRef(previous)})`;
  const digest = ref.digest ? ` with digest ${ref.digest}` : '';
  const message = `Latest image tag for ${ref.name} resolved to ${ref.tag}${digest}${tail}`;
  const before = resource.status?.conditions?.find((condition) => condition.type === 'Ready');
  const isNews = before?.status !== 'True' || before.message !== message;
  return {
    ready: { status: 'True', reason: 'Succeeded', message },
    outcome: 'done',
    status: { latestRef: wholeRef(ref), ...(previous === undefined ? {} : { observedPreviousRef: wholeRef(previous) }) },
    events: isNews ? [{ type: 'Normal', reason: 'Succeeded', message }] : [],
    next: refreshOf(resource),
  };
}

/** With digestReflectionPolicy Always the digest is looked up again at each interval. */
function refreshOf({ spec }: ImagePolicy): Report['next'] {
  const afterMs = spec.digestReflectionPolicy === 'Always' ? parseDurationMs(spec.interval ?? '') : null;
  return afterMs === null ? 'never' : { afterMs: Math.max(1000, afterMs), jitter: true };
}
