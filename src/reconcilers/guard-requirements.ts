import type { Kustomization, Rollout, UpdateGuard } from '../api/index.ts';
import { matchesSelector, rolloutKind } from '../api/index.ts';
import { errorMessage, formatKey, formatTime, type Instant, type NamespacedName, parseDurationMs } from '../core/index.ts';
import { type Guard, type GuardReason, waitFor } from '../guard/index.ts';
import { healthySince, type LandedImage } from '../rollout/index.ts';
import type { RemoteClusters } from './kustomization-remote.ts';

export interface RequirementDeps {
  /** The Rollouts of this cluster, as the API last told. */
  listRollouts(): readonly Rollout[];
  readonly remotes: RemoteClusters;
  /** Guards of a namespace ask for what is in it alone; those that bind every namespace ask everywhere. */
  readonly noCrossNamespaceRefs?: boolean;
  readonly guardNamespace: string;
}

type Requirement = NonNullable<UpdateGuard['spec']['requires']>[number];

/** Another cluster tells nothing by itself: it is asked again after this long. */
const remoteRetryMs = 60_000;

/** Why the same digest is not proven where a guard wants it first, one reason a requirement that is not met. */
export async function checkRequirements(
  guard: Guard,
  image: LandedImage,
  now: Instant,
  deps: RequirementDeps,
  signal: AbortSignal,
): Promise<GuardReason[]> {
  const reasons: GuardReason[] = [];
  for (const requirement of guard.spec.requires ?? []) {
    const reason = await checkRequirement(guard, requirement, image, { now, deps, signal });
    if (reason !== null) reasons.push(reason);
  }
  return reasons;
}

interface Asking {
  readonly now: Instant;
  readonly deps: RequirementDeps;
  readonly signal: AbortSignal;
}

async function checkRequirement(
  guard: Guard,
  requirement: Requirement,
  image: LandedImage,
  asking: Asking,
): Promise<GuardReason | null> {
  const { now } = asking;
  const where = describeRequirement(guard, requirement);
  const askAgainAt = requirement.kubeConfig === undefined ? null : now + remoteRetryMs;
  if (isOutOfReach(guard, requirement, asking.deps))
    return waitFor(guard.name, 'RequirementUnmet', `${where} is of another namespace, and such references have been blocked`);
  if (image.digest === undefined)
    return waitFor(guard.name, 'DigestUnknown', `has to be healthy in ${where} first, and its digest is not known yet`, {
      askAgainAt,
    });
  let rollouts: readonly Rollout[];
  try {
    rollouts = await listRollouts(guard, requirement, asking);
  } catch (error) {
    return waitFor(guard.name, 'RequirementUnmet', `${where} cannot be read: ${errorMessage(error)}`, {
      askAgainAt: now + remoteRetryMs,
    });
  }
  const kustomization = kustomizationOf(guard.name.namespace, requirement);
  const question = { image, ...(kustomization === null ? {} : { kustomization }) };
  const since = earliest(rollouts.flatMap((rollout) => healthySince(rollout, question) ?? []));
  if (since === null) return waitFor(guard.name, 'RequirementUnmet', `not proven healthy in ${where} yet`, { askAgainAt });
  const until = Math.min(since, now) + (parseDurationMs(requirement.healthyFor ?? '0s') ?? 0);
  if (until <= now) return null;
  const message = `healthy in ${where} since ${formatTime(since)}; long enough at ${formatTime(until)}`;
  return waitFor(guard.name, 'RequirementUnmet', message, { until });
}

async function listRollouts(guard: Guard, requirement: Requirement, { deps, signal }: Asking): Promise<readonly Rollout[]> {
  const all = requirement.kubeConfig === undefined ? deps.listRollouts() : await listRemote(guard, requirement, deps, signal);
  const { rolloutSelector } = requirement;
  if (rolloutSelector === undefined) return all;
  return all.filter(
    ({ metadata }) => metadata.namespace === guard.name.namespace && matchesSelector(metadata.labels ?? {}, rolloutSelector),
  );
}

/** The kubeconfig is read by the same rules as that of a Kustomization. */
async function listRemote(
  { name }: Guard,
  { kubeConfig }: Requirement,
  { remotes }: RequirementDeps,
  signal: AbortSignal,
): Promise<readonly Rollout[]> {
  const metadata = { namespace: name.namespace, name: `guard:${name.name}:${kubeConfig?.secretRef.name}` };
  const asker = { metadata, spec: { kubeConfig } } as unknown as Kustomization;
  const remote = await remotes.open(asker, signal);
  if (remote === null) return [];
  return (await remote.cluster.list(rolloutKind, { signal })).items as unknown as Rollout[];
}

function isOutOfReach(
  { name }: Guard,
  requirement: Requirement,
  { noCrossNamespaceRefs, guardNamespace }: RequirementDeps,
): boolean {
  if (noCrossNamespaceRefs !== true || name.namespace === guardNamespace || requirement.kubeConfig !== undefined) return false;
  return kustomizationOf(name.namespace, requirement)?.namespace !== name.namespace && requirement.kustomizationRef !== undefined;
}

function kustomizationOf(namespace: string, { kustomizationRef }: Requirement): NamespacedName | null {
  return kustomizationRef === undefined
    ? null
    : { namespace: kustomizationRef.namespace ?? namespace, name: kustomizationRef.name };
}

function describeRequirement({ name }: Guard, requirement: Requirement): string {
  const kustomization = kustomizationOf(name.namespace, requirement);
  const elsewhere =
    requirement.kubeConfig === undefined ? '' : ` of the cluster in Secret ${requirement.kubeConfig.secretRef.name}`;
  if (kustomization !== null) return `Kustomization ${formatKey(kustomization)}${elsewhere}`;
  return `the Rollouts that ${JSON.stringify(requirement.rolloutSelector)} selects${elsewhere}`;
}

function earliest(times: readonly Instant[]): Instant | null {
  return times.length === 0 ? null : Math.min(...times);
}
