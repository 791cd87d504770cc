import { type ImageUpdateAutomation, type Receiver, requestedAtAnnotation } from '../api/index.ts';
import {
  type Clock,
  type Cluster,
  errorMessage,
  type GroupVersionKind,
  type KubeObject,
  keyOf,
  type Log,
  type ObjectRef,
  refOf,
} from '../core/index.ts';
import type { Expressions } from '../expression/index.ts';
import { type AcceptedCall, type AdmitDeps, admit, createCallLimit, type WebhookHandler } from '../receive/index.ts';
import { canonicalName, parseImageName } from '../registry/index.ts';
import { ownsBranch } from './automation-requests.ts';
import { filterScope, readReceiverSecret } from './receiver.ts';
import { findBranchOwners } from './receiver-branch-owners.ts';

export interface ReceiverDeskDeps extends AdmitDeps {
  readonly cluster: Cluster;
  readonly expressions: Expressions;
  readonly clock: Clock;
  readonly log: Log;
  /** False while another process serves the Receivers. */
  readonly isOpen: () => boolean;
  /** As the API last told. */
  readonly list: () => readonly Receiver[];
}

/** Flux's API versions of kinds that may be named without one. */
const knownVersions: Readonly<Record<string, string>> = {
  Bucket: 'source.toolkit.fluxcd.io/v1',
  HelmChart: 'source.toolkit.fluxcd.io/v1',
  HelmRepository: 'source.toolkit.fluxcd.io/v1',
  GitRepository: 'source.toolkit.fluxcd.io/v1',
  OCIRepository: 'source.toolkit.fluxcd.io/v1',
  ExternalArtifact: 'source.toolkit.fluxcd.io/v1',
  ImageRepository: 'image.toolkit.fluxcd.io/v1',
  ImagePolicy: 'image.toolkit.fluxcd.io/v1',
  ImageUpdateAutomation: 'image.toolkit.fluxcd.io/v1',
  Kustomization: 'kustomize.toolkit.fluxcd.io/v1',
  HelmRelease: 'helm.toolkit.fluxcd.io/v2',
  ArtifactGenerator: 'source.extensions.fluxcd.io/v1beta1',
};

/** A burst of a monorepo's push, and then what a busy registry sends. */
const callsPerReceiver = { burst: 60, perSecond: 10 };
const betweenScansMs = 1000;

/**
 * What happens when a webhook is called: whoever calls is checked, then the objects that the Receiver names are asked to reconcile, as
 * `flux reconcile` asks. Of several ImageRepositories only those are asked whose image the payload names, where it names any of them.
 */
export function createReceiverDesk(deps: ReceiverDeskDeps): WebhookHandler {
  const limit = createCallLimit(callsPerReceiver);
  const ask = createAsker(deps);
  return async (path, call) => {
    if (!deps.isOpen()) return 503;
    const receiver = deps.list().find(({ status }) => status?.webhookPath !== undefined && status.webhookPath === path);
    if (receiver === undefined) return 404;
    if (!limit.take(keyOf(receiver), deps.clock.now())) return 429;
    if (receiver.spec.suspend === true || !isReady(receiver)) return 503;
    const verdict = await admit(receiver, await readReceiverSecret(receiver, deps.cluster), call, deps);
    // Whoever does not prove who they are learns not even that there is something.
    if (verdict.kind === 'refused') return verdict.because === 'unproven' ? 404 : 400;
    return (await askAll(receiver, verdict.call, ask, deps)) ? 200 : 500;
  };
}

function isReady({ status }: Receiver): boolean {
  return status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') === true;
}

/** Goes on after a failure; false where there was one. */
async function askAll(
  receiver: Receiver,
  call: AcceptedCall,
  ask: (object: KubeObject) => Promise<void>,
  deps: ReceiverDeskDeps,
): Promise<boolean> {
  let isWell = true;
  const found: { object: KubeObject; filter: string | undefined }[] = [];
  for (const resource of receiver.spec.resources)
    try {
      for (const object of await find(resource, receiver, deps.cluster)) found.push({ object, filter: resource.filter });
    } catch (error) {
      isWell = false;
      deps.log.warn('objects of a receiver cannot be read', {
        receiver: keyOf(receiver),
        ...resource,
        error: errorMessage(error),
      });
    }
  const repositories: KubeObject[] = [];
  for (const { object, filter } of ofBranches(hinted(found, call.images), call.branches))
    try {
      if (!(await passes([receiver.spec.resourceFilter, filter], object, call, deps.expressions))) continue;
      if (object.kind === 'GitRepository') repositories.push(object);
      await ask(object);
    } catch (error) {
      isWell = false;
      deps.log.warn('an object of a receiver cannot be asked to reconcile', { ...refOf(object), error: errorMessage(error) });
    }
  return (await askOwners(repositories, call, ask, deps)) && isWell;
}

/** What becomes of a pull request concerns whoever asked for it: the automation is told along with its repository. */
async function askOwners(
  repositories: readonly KubeObject[],
  { branches }: AcceptedCall,
  ask: (object: KubeObject) => Promise<void>,
  { cluster, log }: ReceiverDeskDeps,
): Promise<boolean> {
  try {
    for (const automation of await findBranchOwners(repositories, branches, cluster)) await ask(automation);
    return true;
  } catch (error) {
    log.warn('the automation of a pull request cannot be asked to reconcile', { branches, error: errorMessage(error) });
    return false;
  }
}

type Resource = Receiver['spec']['resources'][number];

async function find(
  { apiVersion, kind, name, namespace, matchLabels = {} }: Resource,
  receiver: Receiver,
  cluster: Cluster,
): Promise<KubeObject[]> {
  const type = parseKind(apiVersion ?? knownVersions[kind] ?? '', kind);
  const place = namespace ?? receiver.metadata.namespace ?? '';
  if (name !== '*') {
    const object = await cluster.get({ ...type, namespace: place, name });
    if (object === null) throw new Error(`${kind} '${place}/${name}' not found`);
    return [object];
  }
  const labelSelector = Object.entries(matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return (await cluster.list(type, { namespace: place, labelSelector })).items;
}

function parseKind(apiVersion: string, kind: string): GroupVersionKind {
  const [group = '', version = ''] = apiVersion.split('/');
  return { group, version, kind };
}

/** Where the payload names images of some ImageRepositories, the others are left alone. */
function hinted<Found extends { readonly object: KubeObject }>(
  found: readonly Found[],
  images: readonly string[],
): readonly Found[] {
  const named = new Set(images.map(canonical));
  const isNamed = ({ object }: Found) => named.has(canonical(imageOf(object)));
  const repositories = found.filter(({ object }) => object.kind === 'ImageRepository');
  if (!repositories.some(isNamed)) return found;
  return found.filter((one) => one.object.kind !== 'ImageRepository' || isNamed(one));
}

/** Of several automations only those are asked that own the branch of the request, where any of them does. */
function ofBranches<Found extends { readonly object: KubeObject }>(
  found: readonly Found[],
  branches: readonly string[],
): readonly Found[] {
  const isOwner = ({ object }: Found) => branches.some((branch) => ownsBranch(object as ImageUpdateAutomation, branch));
  const automations = found.filter(({ object }) => object.kind === 'ImageUpdateAutomation');
  if (!automations.some(isOwner)) return found;
  return found.filter((one) => one.object.kind !== 'ImageUpdateAutomation' || isOwner(one));
}

function imageOf({ spec }: KubeObject): string {
  const image = (spec as { image?: unknown } | undefined)?.image;
  return typeof image === 'string' ? image : '';
}

function canonical(image: string): string {
  try {
    return canonicalName(parseImageName(image));
  } catch {
    return image;
  }
}

async function passes(
  filters: readonly (string | undefined)[],
  { apiVersion, kind, metadata }: KubeObject,
  { request, claims }: AcceptedCall,
  expressions: Expressions,
): Promise<boolean> {
  const texts = filters.filter((text) => text !== undefined);
  const values = { res: { apiVersion, kind, metadata }, req: request, claims };
  const answers = await expressions.evaluate(
    texts.map((text) => ({ text, scope: filterScope })),
    values,
  );
  for (const answer of answers) {
    if (answer.kind === 'failed') throw new Error(`its filter fails: ${answer.because}`);
    if (!answer.value) return false;
  }
  return true;
}

/** Asks an object once a second at most; a call in between is not lost but asked when the second is over. */
function createAsker({ cluster, clock, log }: ReceiverDeskDeps): (object: KubeObject) => Promise<void> {
  const until = new Map<string, { again: ObjectRef | null }>();
  const ask = async (ref: ObjectRef): Promise<void> => {
    const key = JSON.stringify(ref);
    const running = until.get(key);
    if (running !== undefined) {
      running.again = ref;
      return;
    }
    const state: { again: ObjectRef | null } = { again: null };
    until.set(key, state);
    clock.schedule(betweenScansMs, () => {
      until.delete(key);
      if (state.again !== null)
        ask(state.again).catch((error: unknown) =>
          log.warn('an object cannot be asked to reconcile', { ...ref, error: errorMessage(error) }),
        );
    });
    const annotations = { [requestedAtAnnotation]: new Date(clock.now()).toISOString() };
    await cluster.patch(ref, { metadata: { annotations } }, { type: 'merge', fieldManager: 'tagalong' });
  };
  return (object) => ask(refOf(object));
}
