import { isDeepStrictEqual } from 'node:util';
import { type GitRepository, gitRepositoryKind, requestedAtAnnotation } from '../api/index.ts';
import {
  type Artifact,
  type ArtifactStatus,
  type Artifacts,
  type Difference,
  type GitMirror,
  keyOf,
  type NamespacedName,
  nameOf,
  type Oid,
  type Reconciler,
  type SourceRef,
  type StepContext,
} from '../core/index.ts';
import {
  createGitArtifact,
  findSubmodules,
  type Publishing,
  type ResolvedGitRef,
  resolveGitRef,
  type Submodule,
} from '../source/index.ts';
import { type FoundInclude, findIncludes } from './git-repository-includes.ts';
import { describeSourceFailure, type GitRepositoryDone, reportGitRepository } from './git-repository-report.ts';
import { type Verification, verifyRevision } from './git-repository-verify.ts';
import { type MirrorDeps, type MirrorNews, openMirror } from './mirrors.ts';
import { readSecret } from './secrets.ts';
import { tellRemoved } from './source-events.ts';
import { sourceTimeoutMs } from './source-spec.ts';

export interface GitRepositoryDeps extends MirrorDeps, Publishing {
  readonly news: MirrorNews;
  readonly artifacts: Artifacts;
  /** A GitRepository as the API last told. */
  repository(name: NamespacedName): GitRepository | undefined;
  /** Picks a tag by a semver range, as policies do. */
  pickSemver(range: string, tags: readonly string[]): string | null;
}

interface Seen {
  readonly mirror: GitMirror;
  readonly resolved: ResolvedGitRef;
  readonly verification: Verification | null;
  readonly submodules: readonly Submodule[];
  readonly includes: readonly FoundInclude[];
  readonly inMemory: boolean;
  readonly isPublished: boolean;
}

type Plan =
  | { readonly do: 'store'; readonly because: string; readonly seen: Seen }
  | { readonly do: 'nothing'; readonly because: string; readonly seen: Seen };

/** Follows a ref of a repository and hands its tree to the builds as an artifact. Asks the remote for refs first; fetches only what is new. */
export function createGitRepositoryReconciler(deps: GitRepositoryDeps): Reconciler<GitRepository, Seen, Plan, GitRepositoryDone> {
  return {
    kind: gitRepositoryKind,
    observe: (resource, context) => observe(resource, context, deps),
    decide,
    act: (plan, resource, context) => act(plan, resource, context, deps),
    preview: (plan, resource, context) => preview(plan, resource, context, deps),
    report: (resource, _plan, done, now) => reportGitRepository(resource, done, now),
    describeFailure: (_resource, error) => describeSourceFailure(error),
    finalize: async (resource, context) => {
      deps.artifacts.drop(sourceRef(resource));
      tellRemoved(context, await deps.unpublish(sourceRef(resource)));
    },
  };
}

export function sourceRef(resource: GitRepository): SourceRef {
  return { kind: resource.kind, ...nameOf(resource) };
}

/** A revision that does not verify goes no further: neither its submodules nor its includes are looked at. */
async function observe(resource: GitRepository, context: StepContext, deps: GitRepositoryDeps): Promise<Seen> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(sourceTimeoutMs(resource.spec))]);
  const mirror = await openMirror(resource, deps, signal);
  const resolved = (await followPush(resource, mirror, deps.news)) ?? (await askRemote(resource, mirror, deps, signal));
  const verification = await verifyRevision(resource, {
    mirror,
    resolved,
    now: context.clock.now(),
    readSecret: (name) => readSecret(deps.cluster, resource.metadata.namespace ?? '', name, signal),
  });
  const artifact = resource.status?.artifact;
  return {
    mirror,
    resolved,
    verification,
    submodules: await submodulesOf(resource, mirror, resolved.commit, deps, signal),
    includes: await includesOf(resource, deps, signal),
    inMemory: deps.artifacts.get(sourceRef(resource), resolved.revision) !== null,
    isPublished: artifact === undefined || (await deps.isPublished(artifact as ArtifactStatus)),
  };
}

async function askRemote(
  { spec }: GitRepository,
  mirror: GitMirror,
  { news, pickSemver }: GitRepositoryDeps,
  signal: AbortSignal,
): Promise<ResolvedGitRef> {
  const resolved = await resolveGitRef(mirror, spec.ref, { pickSemver, signal });
  const branch = /^refs\/heads\/(.+)$/.exec(resolved.ref ?? '')?.[1];
  if (branch !== undefined) news.markFresh(mirror, branch);
  return resolved;
}

/** Our own push is the next revision: a source on that branch alone follows it without asking the remote. */
async function followPush(resource: GitRepository, mirror: GitMirror, news: MirrorNews): Promise<ResolvedGitRef | null> {
  const { branch = 'master', ...others } = resource.spec.ref ?? {};
  if (Object.values(others).some((value) => value !== undefined && value !== '')) return null;
  if (isAsked(resource)) return null;
  const commit = await news.takePush(mirror, branch, keyOf(resource));
  return commit === null ? null : { commit, revision: `${branch}@sha1:${commit}`, ref: `refs/heads/${branch}`, tag: null };
}

function isAsked(resource: GitRepository): boolean {
  const token = resource.metadata.annotations?.[requestedAtAnnotation];
  return token !== undefined && token !== resource.status?.lastHandledReconcileAt;
}

/** Looked at in every run, which costs nothing where their commits are known, and shows their mirrors to be in use. */
async function submodulesOf(
  { spec }: GitRepository,
  mirror: GitMirror,
  commit: Oid,
  { git }: GitRepositoryDeps,
  signal: AbortSignal,
): Promise<Submodule[]> {
  if (spec.recurseSubmodules !== true) return [];
  return findSubmodules(mirror, commit, { open: (remote) => git.mirror(remote), signal });
}

function includesOf(resource: GitRepository, deps: GitRepositoryDeps, signal: AbortSignal): Promise<FoundInclude[]> {
  return findIncludes(resource, { repository: deps.repository, artifactOf: (included) => artifactOf(included, deps, signal) });
}

/** The artifact of another source; after a restart it may be wanted before that one has made it again. */
async function artifactOf(resource: GitRepository, deps: GitRepositoryDeps, signal: AbortSignal): Promise<Artifact> {
  const revision = resource.status?.artifact?.revision ?? '';
  const known = deps.artifacts.get(sourceRef(resource), revision);
  if (known !== null) return known;
  const mirror = await openMirror(resource, deps, signal);
  const commit = revision.slice(revision.lastIndexOf(':') + 1);
  await resolveGitRef(mirror, { commit }, { pickSemver: deps.pickSemver, signal });
  const submodules = await submodulesOf(resource, mirror, commit, deps, signal);
  return makeArtifact(resource, {
    mirror,
    resolved: { commit, revision },
    submodules,
    includes: await includesOf(resource, deps, signal),
  });
}

interface ArtifactOrigin {
  readonly mirror: GitMirror;
  readonly resolved: Pick<ResolvedGitRef, 'commit' | 'revision'>;
  readonly submodules: readonly Submodule[];
  readonly includes: readonly FoundInclude[];
}

function makeArtifact({ spec }: GitRepository, { mirror, resolved, submodules, includes }: ArtifactOrigin): Artifact {
  const options = { sparseCheckout: spec.sparseCheckout, submodules, includes };
  return createGitArtifact(mirror, resolved.commit, resolved.revision, spec.ignore, options);
}

function decide(resource: GitRepository, seen: Seen): Plan {
  const known = resource.status?.artifact?.revision;
  const isNew = known !== seen.resolved.revision;
  const because = isNew ? `new upstream revision '${seen.resolved.revision}'` : describeChange(resource, seen);
  if (because !== null) return { do: 'store', because, seen };
  return { do: 'nothing', because: `no changes since last reconciliation: observed revision '${known}'`, seen };
}

/** Why the artifact of a known revision has to be made once more. */
function describeChange({ spec, status = {} }: GitRepository, { includes, inMemory, isPublished }: Seen): string | null {
  if (!isPublished) return 'disappeared from storage';
  if (status.observedIgnore !== spec.ignore) return 'the ignore rules changed';
  if ((status.observedRecurseSubmodules ?? false) !== (spec.recurseSubmodules ?? false)) return 'submodules are wanted otherwise';
  if (!isSameList(status.observedSparseCheckout, spec.sparseCheckout)) return 'the sparse checkout changed';
  const areSame = isSameList(
    status.includedArtifacts?.map(contentOf),
    includes.map((include) => contentOf(include.status)),
  );
  if (!areSame || !isSameList(status.observedInclude, spec.include))
    return 'included artifacts differ from last observed includes';
  return inMemory ? null : 'the artifact has to be made again';
}

function contentOf({ revision, digest }: Pick<ArtifactStatus, 'revision' | 'digest'>): readonly string[] {
  return [revision, digest];
}

function isSameList(before: readonly unknown[] | null | undefined, after: readonly unknown[] | null | undefined): boolean {
  return isDeepStrictEqual(before ?? [], after ?? []);
}

async function act(
  plan: Plan,
  resource: GitRepository,
  context: StepContext,
  deps: GitRepositoryDeps,
): Promise<GitRepositoryDone> {
  const { mirror, resolved, includes, verification } = plan.seen;
  const source = sourceRef(resource);
  const collect = async (current: ArtifactStatus | undefined) => (current === undefined ? 0 : deps.collect(source, current));
  const done = { artifact: null, subject: '', includes, verification };
  const known = resource.status?.artifact as ArtifactStatus | undefined;
  if (plan.do === 'nothing') return { ...done, collected: await collect(known) };
  context.progress(`building artifact: ${plan.because}`);
  const artifact = makeArtifact(resource, plan.seen);
  const described = await deps.publish(source, artifact);
  deps.artifacts.put(source, artifact);
  const collected = await deps.collect(source, described);
  return { ...done, artifact: described, collected, subject: await subjectOf(mirror, resolved.commit) };
}

/** The builds compare what the served revision yields, also where the branch has gone on since: that one is put into memory. */
async function preview(
  { seen }: Plan,
  resource: GitRepository,
  { signal }: StepContext,
  deps: GitRepositoryDeps,
): Promise<readonly Difference[]> {
  const served = resource.status?.artifact?.revision;
  const { revision } = seen.resolved;
  if (served !== undefined && deps.artifacts.get(sourceRef(resource), served) === null) {
    const artifact = served === revision ? makeArtifact(resource, seen) : await artifactOf(resource, deps, signal);
    deps.artifacts.put(sourceRef(resource), artifact);
  }
  if (served === revision) return [];
  return [{ kind: 'source', message: `would store ${revision}; status has ${served ?? 'no artifact'}` }];
}

async function subjectOf(mirror: GitMirror, commit: Oid): Promise<string> {
  const { message } = await mirror.commit(commit);
  const subject = [...(message.split('\n')[0] ?? '').replace(/\p{C}/gu, '')];
  return subject.length > 50 ? `${subject.slice(0, 50).join('')}...` : subject.join('');
}
