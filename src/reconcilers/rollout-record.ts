import { createHash } from 'node:crypto';
import {
  type ImagePolicy,
  type ImageUpdateAutomation,
  type Rollout,
  rolloutHistoryAnnotation,
  rolloutKind,
} from '../api/index.ts';
import {
  type Commit,
  type Edit,
  errorMessage,
  type ForgeRequest,
  formatApiVersion,
  formatKey,
  formatTime,
  nameOf,
  type Oid,
  type StepContext,
  type Store,
  TagalongError,
} from '../core/index.ts';
import { landedByTrailer, landedTrailer, parseTrailers } from '../hold/index.ts';
import { type Bump, imageOfChanges, isEnded } from '../rollout/index.ts';
import type { AutomationTarget } from './automation-target.ts';
import { type Baseline, imageNameOf, readBaselines } from './rollout-baseline.ts';
import { findLandings, type LandingCommit, parseWriter, readBumps } from './rollout-commits.ts';
import type { RolloutSight } from './rollout-deps.ts';
import { branchOf } from './rollout-writer.ts';

/** A branch that is rolled out, as a run left it. */
export interface LandedBranch {
  readonly target: AutomationTarget;
  readonly head: Oid;
  /** Requests of the automation, whatever became of them. */
  readonly requests: readonly Pick<ForgeRequest, 'url' | 'state' | 'head'>[];
}

/** Keeps one Rollout for each bump that landed. */
export interface RolloutRecorder {
  /** To be called before a push: how the workloads do that it will change. What cannot be seen is left out. */
  observeBefore(
    automation: ImageUpdateAutomation,
    edits: readonly Edit[],
    target: AutomationTarget,
    context: StepContext,
  ): Promise<void>;
  /**
   * To be called at the end of each run, whether it pushed or not: afterwards every bump in the branch up to `head` has its Rollout, also one
   * that was pushed right before a crash, or merged by a forge. A failure is logged and made good by the next run.
   */
  record(automation: ImageUpdateAutomation, landed: LandedBranch, context: StepContext): Promise<void>;
  drop(automation: ImageUpdateAutomation): Promise<void>;
}

const keptByDefault = 20;

export function createRolloutRecorder(deps: RolloutSight, store: Store): RolloutRecorder {
  const at = (automation: ImageUpdateAutomation) => `rollouts/${formatKey(nameOf(automation))}.json`;
  const baselines = new Map<string, readonly Baseline[]>();
  return {
    async observeBefore(automation, edits, target, context) {
      const memory = await readMemory(store, at(automation));
      const before = await readBaselines(edits, target.mirror.remote.url, context, deps);
      baselines.set(at(automation), before);
      await store.write(at(automation), JSON.stringify({ ...memory, before }));
    },
    async record(automation, { target, head, requests }, context) {
      const branch = branchOf(target);
      const memory = await readMemory(store, at(automation));
      if (branch === null || (memory.head === head && memory.branch === branch)) return;
      const since = memory.branch === branch ? (memory.head ?? null) : null;
      const before = baselines.get(at(automation)) ?? memory.before ?? [];
      try {
        await recordAll(automation, { target, branch, requests }, { head, since, before }, context, deps);
        await store.write(at(automation), JSON.stringify({ head, branch }));
        baselines.delete(at(automation));
        await dropOldest(automation, context, deps);
      } catch (error) {
        context.signal.throwIfAborted();
        // What landed has landed: the next run records it.
        context.log.warn('rollouts could not be recorded', { error: errorMessage(error) });
      }
    },
    drop: (automation) => store.delete(at(automation)),
  };
}

interface Memory {
  /** Every bump up to this commit has its Rollout. */
  readonly head?: Oid;
  readonly branch?: string | null;
  /** What was seen before the push that came last. */
  readonly before?: readonly Baseline[];
}

async function readMemory(store: Store, key: string): Promise<Memory> {
  const bytes = await store.read(key);
  try {
    return bytes === null ? {} : (JSON.parse(bytes.toString('utf8')) as Memory);
  } catch {
    return {};
  }
}

interface Extent {
  readonly head: Oid;
  readonly since: Oid | null;
  readonly before: readonly Baseline[];
}

interface Place extends Pick<LandedBranch, 'target' | 'requests'> {
  readonly branch: string;
}

async function recordAll(
  automation: ImageUpdateAutomation,
  place: Place,
  { head, since, before }: Extent,
  context: StepContext,
  deps: RolloutSight,
): Promise<void> {
  const bornAt = Math.max(Date.parse(automation.metadata.creationTimestamp ?? '') || 0, oldestKept(automation, deps));
  const landings = await findLandings(place.target.mirror, head, { since, bornAt });
  for (const landing of landings.slice(0, keptOf(automation)).toReversed()) {
    if (!isToBeFollowed(landing, automation, deps)) continue;
    const pullRequest = await requestOf(landing, place);
    for (const bump of await readBumps(place.target.mirror, landing.commit)) {
      const rollout = rolloutOf(automation, place, landing, bump, before, deps);
      await createRollout({ ...rollout, spec: { ...rollout.spec, ...pullRequest } }, context, deps);
    }
  }
}

/** The merged request that has the commit in it; a forge that made another commit of it leaves no trace. */
async function requestOf({ commit }: LandingCommit, { target, requests }: Place): Promise<Pick<Rollout['spec'], 'pullRequest'>> {
  for (const { url, state, head } of requests) {
    if (state !== 'merged' || !(await target.mirror.has(head))) continue;
    if (head === commit.oid || (await target.mirror.isAncestor(commit.oid, head))) return { pullRequest: url };
  }
  return {};
}

/** Bumps of another automation of this cluster are followed there; those of another cluster are only reported. */
function isToBeFollowed({ writer }: LandingCommit, automation: ImageUpdateAutomation, { clusterId }: RolloutSight): boolean {
  const author = parseWriter(writer);
  if (author === null) return false;
  return author.cluster !== clusterId || formatKey(author) === formatKey(nameOf(automation));
}

/** What was let go because it was too old must not come again. */
function oldestKept(automation: ImageUpdateAutomation, deps: RolloutSight): number {
  const times = rolloutsOf(automation, deps).map(({ spec }) => Date.parse(spec.committedAt));
  return times.length < keptOf(automation) ? 0 : Math.min(...times);
}

export function rolloutsOf(automation: ImageUpdateAutomation, { listRollouts }: Pick<RolloutSight, 'listRollouts'>): Rollout[] {
  const { namespace, name } = nameOf(automation);
  return listRollouts().filter(({ metadata, spec }) => metadata.namespace === namespace && spec.automation.name === name);
}

function keptOf({ metadata }: ImageUpdateAutomation): number {
  const wanted = Number(metadata.annotations?.[rolloutHistoryAnnotation] ?? keptByDefault);
  return Number.isInteger(wanted) && wanted > 0 ? wanted : keptByDefault;
}

function rolloutOf(
  automation: ImageUpdateAutomation,
  { target, branch }: Place,
  { commit, writer: author }: LandingCommit,
  { policy, changes }: Bump,
  before: readonly Baseline[],
  deps: RolloutSight,
): Rollout {
  const known = deps.findPolicy(policy);
  const image = imageOfChanges(changes, imageNameOf(known));
  const digest = image.digest ?? digestOf(known, image.tag);
  const { namespace, name } = nameOf(automation);
  const own = before.filter((one) => one.policy === formatKey(policy)).map(({ policy: _, ...one }) => one);
  return {
    apiVersion: formatApiVersion(rolloutKind),
    kind: 'Rollout',
    metadata: { name: rolloutName(policy.name, commit.oid), namespace, labels: labelsOf(automation, known) },
    spec: {
      automation: { name },
      writer: author,
      policy: { name: policy.name },
      image: { ...image, ...(digest === undefined ? {} : { digest }) },
      repository: target.mirror.remote.url,
      branch,
      commit: commit.oid,
      changes: [...changes],
      ...deps.pastOf(policy, image.tag),
      committedAt: formatTime(commit.committer.seconds * 1000),
      ...(own.length === 0 ? {} : { before: own }),
      ...landedBy(commit),
    },
  };
}

/** The digest that the policy reflected for this very tag. */
function digestOf(policy: ImagePolicy | undefined, tag: string): string | undefined {
  const ref = policy?.status?.latestRef;
  return ref?.tag === tag && ref.digest !== undefined && ref.digest !== '' ? ref.digest : undefined;
}

/** A person's word that let it land past the gates, as the commit carries it. */
function landedBy({ message }: Commit): Pick<Rollout['spec'], 'landed'> {
  const trailers = parseTrailers(message);
  const read = (key: string) => trailers.find((trailer) => trailer.key === key)?.value;
  const reason = read(landedTrailer);
  const by = read(landedByTrailer);
  return reason === undefined ? {} : { landed: { reason, ...(by === undefined ? {} : { by }) } };
}

/** The same for the same bump, so that recording twice makes one object. */
function rolloutName(policy: string, commit: Oid): string {
  const name = `${policy}-${commit.slice(0, 10)}`;
  if (name.length <= 253) return name;
  const digest = createHash('sha256').update(policy).digest('hex').slice(0, 8);
  return `${policy.slice(0, 200)}-${digest}-${commit.slice(0, 10)}`;
}

/** Those of the automation and the policy, for selectors; not those by which something is owned. */
function labelsOf(automation: ImageUpdateAutomation, policy: ImagePolicy | undefined): Record<string, string> {
  const all = { ...automation.metadata.labels, ...policy?.metadata.labels };
  const own = Object.entries(all).filter(([key]) => !/(^|\.)fluxcd\.io\/|^app\.kubernetes\.io\/managed-by$/.test(key));
  return Object.fromEntries(own);
}

async function createRollout(rollout: Rollout, context: StepContext, { cluster }: RolloutSight): Promise<void> {
  try {
    await cluster.create(rollout, { fieldManager: 'tagalong', signal: context.signal });
  } catch (error) {
    if (!(error instanceof TagalongError && error.code === 'ALREADY_EXISTS')) throw error;
  }
}

/** The oldest go first, and only those that have come to an end. */
async function dropOldest(automation: ImageUpdateAutomation, context: StepContext, deps: RolloutSight): Promise<void> {
  const all = rolloutsOf(automation, deps).toSorted((a, b) => (a.spec.committedAt < b.spec.committedAt ? 1 : -1));
  const ended = all.slice(keptOf(automation)).filter(({ status }) => isEnded(status?.phase));
  for (const { metadata } of ended) {
    const { namespace = '', name } = metadata;
    await deps.cluster.delete({ ...rolloutKind, namespace, name }, { signal: context.signal });
  }
}
