import { type ImagePolicy, type ImageRepository, imagePolicyKind, imageRepositoryKind } from '../api/index.ts';
import {
  type Cluster,
  formatImageRef,
  type ImageRef,
  type KubeObject,
  type NamespacedName,
  type ReadyState,
  type Reconciler,
  type Report,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import { compileTagPolicy, selectTag } from '../select/index.ts';
import type { TagList, TagLists } from './tag-lists.ts';

export interface ImagePolicyDeps {
  readonly cluster: Cluster;
  readonly tagLists: TagLists;
}

interface Seen {
  readonly image: string;
  readonly list: TagList | null;
}

type Plan =
  | { readonly do: 'select'; readonly because: string; readonly ref: ImageRef }
  | { readonly do: 'keep'; readonly because: string; readonly reason: string }
  | { readonly do: 'wait'; readonly because: string }
  | { readonly do: 'refuse'; readonly because: string };

const dependencyRetryMs = 30_000;

/** Picks a tag of the repository's last complete listing. The answer is kept while nothing better is known. */
export function createImagePolicyReconciler(deps: ImagePolicyDeps): Reconciler<ImagePolicy, Seen, Plan, null> {
  return {
    kind: imagePolicyKind,
    observe: (resource, context) => observe(resource, context, deps),
    decide,
    act: async () => null,
    report,
  };
}

/** The ImageRepository a policy reads: `namespace/name`. */
export function repositoryOf(policy: ImagePolicy): NamespacedName {
  const { name, namespace } = policy.spec.imageRepositoryRef;
  return { namespace: namespace ?? policy.metadata.namespace ?? '', name };
}

async function observe(resource: ImagePolicy, context: StepContext, deps: ImagePolicyDeps): Promise<Seen> {
  const wanted = repositoryOf(resource);
  const found = (await deps.cluster.get({ ...imageRepositoryKind, ...wanted }, context.signal)) as ImageRepository | null;
  if (found === null) {
    const text = `imagerepositories.image.toolkit.fluxcd.io "${wanted.name}" not found`;
    throw dependencyError('DependencyNotReady', `referenced ImageRepository does not exist: ${text}`);
  }
  if (wanted.namespace !== resource.metadata.namespace) await checkAccess(resource, found, context, deps.cluster);
  const list = await deps.tagLists.read(wanted);
  // A listing that the repository does not speak of is of another time, and could take the answer back to it.
  const isCurrent = list !== null && list.revision === found.status?.lastScanResult?.revision;
  return { image: found.spec.image, list: isCurrent ? list : null };
}

async function checkAccess(
  policy: ImagePolicy,
  repository: ImageRepository,
  context: StepContext,
  cluster: Cluster,
): Promise<void> {
  const target = `'${repository.metadata.namespace}/${repository.metadata.name}'`;
  const selectors = repository.spec.accessFrom?.namespaceSelectors;
  if (selectors === undefined)
    throw dependencyError('AccessDenied', `access denied: ${target} can't be accessed due to missing ACL labels on 'accessFrom'`);
  const name = policy.metadata.namespace ?? '';
  const namespace = await cluster.get({ group: '', version: 'v1', kind: 'Namespace', name }, context.signal);
  if (selectors.some(({ matchLabels }) => hasLabels(namespace, matchLabels ?? {}))) return;
  throw dependencyError(
    'AccessDenied',
    `access denied: ${target} can't be accessed due to ACL labels mismatch on namespace '${name}'`,
  );
}

function hasLabels(object: KubeObject | null, wanted: Readonly<Record<string, string>>): boolean {
  return object !== null && Object.entries(wanted).every(([name, value]) => object.metadata.labels?.[name] === value);
}

function dependencyError(reason: 'DependencyNotReady' | 'AccessDenied', message: string): TagalongError {
  return new TagalongError(reason, `failed to get the referred ImageRepository: ${message}`, { reason });
}

function decide(resource: ImagePolicy, seen: Seen): Plan {
  const compiled = compileTagPolicy(resource.spec, resource.metadata.annotations);
  if (compiled.kind === 'invalid') return { do: 'refuse', because: compiled.reason };
  if (seen.list === null) return { do: 'wait', because: 'retrying in 30s error: no tags in database' };
  const choice = selectTag(compiled.policy, seen.list.tags);
  if (choice.kind === 'none') return { do: 'keep', because: choice.reason, reason: 'Failure' };
  return {
    do: 'select',
    because: `${choice.tag} is the newest of ${seen.list.tags.length} tags that pass`,
    ref: { name: seen.image, tag: choice.tag },
  };
}

function report(resource: ImagePolicy, plan: Plan): Report {
  switch (plan.do) {
    case 'refuse':
      return { ready: { status: 'False', reason: 'InvalidPolicy', message: plan.because }, outcome: 'stalled', next: 'never' };
    case 'wait':
      return reportWaiting(resource, plan.because);
    case 'keep': {
      const ready = { status: 'False', reason: plan.reason, message: plan.because } as const;
      return {
        ready,
        outcome: 'retry',
        events: [{ type: 'Warning', reason: ready.reason, message: ready.message }],
        next: 'never',
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
    next: 'never',
  };
}
