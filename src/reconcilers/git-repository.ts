import { isDeepStrictEqual } from 'node:util';
import { type GitRepository, gitRepositoryKind, requestedAtAnnotation } from '../api/index.ts';
import {
  type Artifact,
  type ArtifactStatus,
  type Artifacts,
  type Cluster,
  type Git,
  type GitMirror,
  type Instant,
  keyOf,
  nameOf,
  type Oid,
  parseDurationMs,
  type Reconciler,
  type Report,
  type SourceRef,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import { createGitArtifact, type ResolvedGitRef, resolveGitRef } from '../source/index.ts';
import { type MirrorNews, openMirror } from './mirrors.ts';

export interface GitRepositoryDeps {
  readonly cluster: Cluster;
  readonly git: Git;
  readonly news: MirrorNews;
  readonly artifacts: Artifacts;
  /** Describes an artifact for status, and stores its archive where somebody may download it. */
  publish(source: SourceRef, artifact: Artifact): Promise<Omit<ArtifactStatus, 'lastUpdateTime'>>;
  /** Picks a tag by a semver range, as policies do. */
  pickSemver(range: string, tags: readonly string[]): string | null;
  /** Told when a source is gone. */
  unpublish(source: SourceRef): Promise<void>;
}

interface Seen {
  readonly mirror: GitMirror;
  readonly resolved: ResolvedGitRef;
  readonly inMemory: boolean;
}

type Plan =
  | {
      readonly do: 'store';
      readonly because: string;
      readonly mirror: GitMirror;
      readonly resolved: ResolvedGitRef;
      readonly isNew: boolean;
    }
  | { readonly do: 'nothing'; readonly because: string };

interface Done {
  readonly artifact: Omit<ArtifactStatus, 'lastUpdateTime'> | null;
  readonly subject: string;
}

/** Follows a ref of a repository and hands its tree to the builds as an artifact. Asks the remote for refs first; fetches only what is new. */
export function createGitRepositoryReconciler(deps: GitRepositoryDeps): Reconciler<GitRepository, Seen, Plan, Done> {
  return {
    kind: gitRepositoryKind,
    observe: (resource, context) => observe(resource, context, deps),
    decide,
    act: (plan, resource, context) => act(plan, resource, context, deps),
    report,
    describeFailure,
    finalize: async (resource) => {
      deps.artifacts.drop(sourceRef(resource));
      await deps.unpublish(sourceRef(resource));
    },
  };
}

export function sourceRef(resource: GitRepository): SourceRef {
  return { kind: resource.kind, ...nameOf(resource) };
}

async function observe(resource: GitRepository, context: StepContext, deps: GitRepositoryDeps): Promise<Seen> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(parseDurationMs(resource.spec.timeout) ?? 60_000)]);
  const mirror = await openMirror(resource, deps, signal);
  const resolved = (await followPush(resource, mirror, deps.news)) ?? (await askRemote(resource, mirror, deps, signal));
  return { mirror, resolved, inMemory: deps.artifacts.get(sourceRef(resource), resolved.revision) !== null };
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
  return commit === null ? null : { commit, revision: `${branch}@sha1:${commit}`, ref: `refs/heads/${branch}` };
}

function isAsked(resource: GitRepository): boolean {
  const token = resource.metadata.annotations?.[requestedAtAnnotation];
  return token !== undefined && token !== resource.status?.lastHandledReconcileAt;
}

function decide(resource: GitRepository, { mirror, resolved, inMemory }: Seen): Plan {
  const known = resource.status?.artifact?.revision;
  const sameRules = resource.status?.observedIgnore === resource.spec.ignore;
  if (known === resolved.revision && inMemory && sameRules) {
    return { do: 'nothing', because: `no changes since last reconciliation: observed revision '${known}'` };
  }
  const isNew = known !== resolved.revision;
  const because = isNew
    ? `new upstream revision '${resolved.revision}'`
    : sameRules
      ? 'the artifact has to be made again'
      : 'the ignore rules changed';
  return { do: 'store', because, mirror, resolved, isNew };
}

async function act(plan: Plan, resource: GitRepository, context: StepContext, deps: GitRepositoryDeps): Promise<Done> {
  if (plan.do === 'nothing') return { artifact: null, subject: '' };
  await context.progress(`building artifact: ${plan.because}`);
  const { mirror, resolved } = plan;
  const artifact = createGitArtifact(mirror, resolved.commit, resolved.revision, resource.spec.ignore);
  const described = await deps.publish(sourceRef(resource), artifact);
  deps.artifacts.put(sourceRef(resource), artifact);
  return { artifact: described, subject: await subjectOf(mirror, resolved.commit) };
}

async function subjectOf(mirror: GitMirror, commit: Oid): Promise<string> {
  const { message } = await mirror.commit(commit);
  const subject = [...(message.split('\n')[0] ?? '').replace(/\p{C}/gu, '')];
  return subject.length > 50 ? `${subject.slice(0, 50).join('')}...` : subject.join('');
}

function report(resource: GitRepository, plan: Plan, { artifact, subject }: Done, now: Instant): Report {
  const revision = artifact?.revision ?? resource.status?.artifact?.revision ?? '';
  const state = { status: 'True', reason: 'Succeeded', message: `stored artifact for revision '${revision}'` } as const;
  return {
    ready: state,
    outcome: 'done',
    conditions: [{ type: 'ArtifactInStorage', ...state }],
    remove: ['FetchFailed', 'ArtifactOutdated', 'StorageOperationFailed'],
    status: artifact === null ? {} : artifactStatus(resource, artifact, now),
    events: artifact === null ? [] : artifactEvents(resource, plan, artifact, subject),
    next: { afterMs: parseDurationMs(resource.spec.interval) ?? 60_000, jitter: true },
  };
}

/** `lastUpdateTime` tells when the artifact became what it is: making the same one again changes nothing. */
function artifactStatus(
  resource: GitRepository,
  artifact: Omit<ArtifactStatus, 'lastUpdateTime'>,
  now: Instant,
): Record<string, unknown> {
  const { lastUpdateTime, ...before } = resource.status?.artifact ?? { lastUpdateTime: '' };
  const time = isDeepStrictEqual(before, artifact) ? lastUpdateTime : `${new Date(now).toISOString().slice(0, 19)}Z`;
  return { artifact: { ...artifact, lastUpdateTime: time }, observedIgnore: resource.spec.ignore ?? null };
}

function artifactEvents(
  resource: GitRepository,
  plan: Plan,
  { revision, digest }: Pick<ArtifactStatus, 'revision' | 'digest'>,
  subject: string,
): NonNullable<Report['events']> {
  const recovered = resource.status?.conditions?.some(({ type }) => type === 'FetchFailed') ?? false;
  const isNew = plan.do === 'store' && plan.isNew;
  if (!isNew && !recovered) return [];
  const metadata = { 'source.toolkit.fluxcd.io/revision': revision, 'source.toolkit.fluxcd.io/digest': digest };
  return [
    { type: 'Normal', reason: isNew ? 'NewArtifact' : 'Succeeded', message: `stored artifact for commit '${subject}'`, metadata },
  ];
}

function describeFailure(
  _resource: GitRepository,
  error: unknown,
): ReturnType<NonNullable<Reconciler<GitRepository, Seen, Plan, Done>['describeFailure']>> {
  const reason = reasonOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return {
    ready: { status: 'False', reason, message },
    conditions: [{ type: 'FetchFailed', status: 'True', reason, message }],
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof TagalongError && error.reason !== undefined) return error.reason;
  return 'GitOperationFailed';
}
