import type { Kustomization, Rollout } from '../api/index.ts';
import { healthOf } from '../apply/index.ts';
import { type Cluster, errorMessage, type Instant, type KubeObject, keyOf, type StepContext } from '../core/index.ts';
import {
  enteredAt,
  isLandedImage,
  judgePod,
  judgeWorkload,
  nameOfWorkload,
  type Pod,
  parseImageText,
  type RolloutFacts,
  type SeenWorkload,
} from '../rollout/index.ts';
import { concurrently } from './concurrently.ts';
import { identify, kustomizationsOn, sourcesOn } from './rollout-baseline.ts';
import type { RolloutSight, RolloutWriter } from './rollout-deps.ts';
import type { RevisionReader } from './rollout-revisions.ts';
import { findPods, findWorkloads, imagesOf } from './rollout-workloads.ts';

/** A workload that runs the image, as it was found: what evidence is weighed with. */
export interface LiveWorkload {
  readonly seen: SeenWorkload;
  readonly workload: KubeObject;
  readonly pods: readonly Pod[];
  readonly cluster: Cluster;
}

export interface ClusterLook {
  readonly facts: Omit<RolloutFacts, 'standing'>;
  readonly live: readonly LiveWorkload[];
}

interface LookInput {
  readonly rollout: Rollout;
  readonly writer: RolloutWriter;
  readonly revisions: RevisionReader;
  readonly healthTimeoutMs: number;
  readonly context: StepContext;
  readonly deps: RolloutSight;
}

/** How far the bump has got in all clusters that this one knows of. */
export async function lookAtClusters(input: LookInput): Promise<ClusterLook> {
  const { rollout, deps, context } = input;
  const { repository } = rollout.spec;
  const shown = sourcesOn(repository, deps).map(({ status }) => status?.artifact?.revision ?? '');
  const fetched = (await Promise.all(shown.map((revision) => input.revisions.contains(revision)))).some(Boolean);
  const trial = trialOf(input, context.clock.now());
  const places = await concurrently(await kustomizationsOn(repository, deps), 4, (one) => lookAtOne(one, trial, input));
  const live = places.flatMap((place) => place.live);
  const facts = {
    fetched,
    reached: places.flatMap(({ state, name }) => (state === 'reached' ? [name] : [])),
    pending: places.flatMap(({ state, pending }) => (state === 'pending' && pending !== null ? [pending] : [])),
    workloads: live.map(({ seen }) => seen),
    timedOut: trial.timedOut,
  };
  return { facts, live };
}

interface Trial {
  readonly timedOut: boolean;
  readonly onTrial: boolean;
}

/** A bump that was healthy once is no longer overdue; and when the time of its trial is over, what fails is nobody's evidence. */
function trialOf({ rollout, healthTimeoutMs }: LookInput, now: Instant): Trial {
  const start = enteredAt(rollout, 'Applied') ?? Date.parse(rollout.spec.committedAt);
  const isLate = now >= start + healthTimeoutMs;
  const wasHealthy = enteredAt(rollout, 'Healthy') !== null;
  return { timedOut: isLate && !wasHealthy, onTrial: !isLate || !wasHealthy };
}

interface Place {
  readonly name: string;
  /** apart: it has nothing to do with the bump. */
  readonly state: 'reached' | 'pending' | 'apart';
  readonly pending: RolloutFacts['pending'][number] | null;
  readonly live: readonly LiveWorkload[];
}

async function lookAtOne(kustomization: Kustomization, trial: Trial, input: LookInput): Promise<Place> {
  const { rollout, revisions, context, deps } = input;
  const name = keyOf(kustomization);
  const { lastAppliedRevision = '', lastAttemptedRevision = '' } = kustomization.status ?? {};
  const applied = await revisions.contains(lastAppliedRevision);
  const attempted = applied || (await revisions.contains(lastAttemptedRevision));
  try {
    const cluster = await deps.clusterOf(kustomization, context.signal);
    const tools = { cluster, signal: context.signal };
    const { workloads, problem } = await findWorkloads(kustomization, rollout.spec.image.name, tools);
    const own = workloads.filter((workload) => imagesOf(workload).some((image) => isLandedImage(image, rollout.spec.image)));
    const live = attempted ? await concurrently(own, 4, (one) => lookAtWorkload(one, name, trial, { cluster, input })) : [];
    const concerns =
      live.length > 0 || isUnderPath(kustomization, rollout) || workloads.some((one) => carriesPrevious(one, rollout));
    if (live.length > 0 || (applied && concerns)) return { name, state: 'reached', pending: null, live };
    if (!concerns || kustomization.spec.suspend === true) return { name, state: 'apart', pending: null, live };
    return { name, state: 'pending', pending: describePending(kustomization, attempted, problem), live };
  } catch (error) {
    context.signal.throwIfAborted();
    const failed = { kustomization: name, message: errorMessage(error), failed: true };
    return { name, state: isUnderPath(kustomization, rollout) ? 'pending' : 'apart', pending: failed, live: [] };
  }
}

function describePending(
  { metadata, status }: Kustomization,
  attempted: boolean,
  problem: string | null,
): NonNullable<Place['pending']> {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const isFailed = ready?.status === 'False';
  const message =
    problem ?? (isFailed ? ready.message : attempted ? 'is applying the revision' : 'has not come to the revision yet');
  return { kustomization: keyOf({ metadata }), message, failed: isFailed };
}

function isUnderPath({ spec }: Kustomization, rollout: Rollout): boolean {
  const path = (spec.path ?? '').replace(/^(\.?\/)+|^\.$/, '').replace(/\/+$/, '');
  return path === '' || rollout.spec.changes.some(({ file }) => file.startsWith(`${path}/`));
}

function carriesPrevious(workload: KubeObject, { spec }: Rollout): boolean {
  const { name, previousTag } = spec.image;
  if (previousTag === undefined) return false;
  return imagesOf(workload).some((image) => isLandedImage(image, { name, tag: previousTag }));
}

async function lookAtWorkload(
  workload: KubeObject,
  kustomization: string,
  trial: Trial,
  { cluster, input }: { readonly cluster: Cluster; readonly input: LookInput },
): Promise<LiveWorkload> {
  const { rollout, context } = input;
  const { pods, problem } = await readPods(workload, cluster, context);
  const judged = pods.map((pod) => judgePod(pod, rollout.spec.image)).filter((one) => one !== null);
  const health = healthOf(workload, context.clock.now());
  const judgement = judgeWorkload({
    subject: nameOfWorkload(identify(workload)),
    health: isStillServing(
      workload,
      rollout,
      judged.some(({ ready }) => ready),
    )
      ? 'Current'
      : healthWord(health.status),
    healthMessage: health.message,
    wantsNone: wantsNone(workload),
    pods: judged,
    ...trial,
  });
  const { state, message, readyPods, digest, evidence } = judgement;
  const since = availableSince(workload);
  const seen: SeenWorkload = {
    ...{ kustomization, ...identify(workload), state, message: problem ?? message, readyPods, evidence },
    ...(digest === null ? {} : { digest }),
    ...(since === null ? {} : { healthySince: since }),
  };
  return { seen, workload, pods, cluster };
}

/** Whoever it is applied as may not see pods: then nothing is proven, and that is said. */
async function readPods(
  workload: KubeObject,
  cluster: Cluster,
  { signal }: StepContext,
): Promise<{ readonly pods: readonly Pod[]; readonly problem: string | null }> {
  try {
    return { pods: await findPods(workload, { cluster, signal }), problem: null };
  } catch (error) {
    signal.throwIfAborted();
    return { pods: [], problem: `its pods cannot be listed: ${errorMessage(error)}` };
  }
}

function healthWord(status: ReturnType<typeof healthOf>['status']): 'Current' | 'InProgress' | 'Failed' | 'Other' {
  return status === 'Current' || status === 'InProgress' || status === 'Failed' ? status : 'Other';
}

/** One that was healthy stays so while a pod is moved or added, as long as it is available: a drained node is no interruption. */
function isStillServing(workload: KubeObject, rollout: Rollout, hasReady: boolean): boolean {
  const id = identify(workload);
  const known = rollout.status?.workloads?.find((one) => nameOfWorkload(one) === nameOfWorkload(id));
  return known?.healthySince !== undefined && hasReady && workload.kind === 'Deployment' && availableSince(workload) !== null;
}

/** When a Deployment last became available; null where it is not, or does not say. */
function availableSince(workload: KubeObject): string | null {
  const conditions = (workload['status'] as { conditions?: unknown } | undefined)?.conditions;
  const list = Array.isArray(conditions) ? (conditions as { type?: string; status?: string; lastTransitionTime?: string }[]) : [];
  const available = list.find(({ type, status }) => type === 'Available' && status === 'True');
  return available?.lastTransitionTime ?? null;
}

function wantsNone(workload: KubeObject): boolean {
  const spec = (workload['spec'] as { replicas?: number; suspend?: boolean } | undefined) ?? {};
  const status = (workload['status'] as { desiredNumberScheduled?: number } | undefined) ?? {};
  if (workload.kind === 'CronJob') return true;
  if (workload.kind === 'DaemonSet') return status.desiredNumberScheduled === 0;
  return spec.replicas === 0 || (workload.kind === 'Job' && spec.suspend === true);
}

/** The pods of a workload that run another version of the image. */
export function olderPods({ pods }: LiveWorkload, rollout: Rollout): Pod[] {
  const { image } = rollout.spec;
  return pods.filter((pod) => {
    const images = imagesOf(pod);
    return images.some((one) => parseImageText(one).name === image.name) && !images.some((one) => isLandedImage(one, image));
  });
}
