import { isDeepStrictEqual } from 'node:util';
import type { GitRepository } from '../api/index.ts';
import { type ArtifactStatus, errorMessage, type Instant, parseDurationMs, type Report, TagalongError } from '../core/index.ts';
import type { FoundInclude } from './git-repository-includes.ts';
import type { Verification } from './git-repository-verify.ts';

export interface GitRepositoryDone {
  /** Null where nothing had to be made. */
  readonly artifact: Omit<ArtifactStatus, 'lastUpdateTime'> | null;
  /** The first line of the commit's message. */
  readonly subject: string;
  readonly isNew: boolean;
  readonly includes: readonly FoundInclude[];
  readonly verification: Verification | null;
}

/** What a run that went well says. */
export function reportGitRepository(resource: GitRepository, done: GitRepositoryDone, now: Instant): Report {
  const { artifact, verification } = done;
  const revision = artifact?.revision ?? resource.status?.artifact?.revision ?? '';
  const state = { status: 'True', reason: 'Succeeded', message: `stored artifact for revision '${revision}'` } as const;
  const verified = { type: 'SourceVerified', status: 'True', reason: 'Succeeded', message: verification?.message ?? '' } as const;
  return {
    ready: state,
    outcome: 'done',
    conditions: [{ type: 'ArtifactInStorage', ...state }, ...(verification === null ? [] : [verified])],
    remove: [
      ...['FetchFailed', 'IncludeUnavailable', 'ArtifactOutdated', 'StorageOperationFailed'],
      ...(verification === null ? ['SourceVerified'] : []),
    ],
    status: {
      sourceVerificationMode: verification?.mode ?? null,
      ...(artifact === null ? {} : artifactStatus(resource, artifact, done.includes, now)),
    },
    events: artifact === null ? [] : artifactEvents(resource, artifact, done),
    next: { afterMs: parseDurationMs(resource.spec.interval) ?? 60_000, jitter: true },
  };
}

/** `lastUpdateTime` tells when the artifact became what it is: making the same one again changes nothing. */
function artifactStatus(
  { status, spec }: GitRepository,
  artifact: Omit<ArtifactStatus, 'lastUpdateTime'>,
  includes: readonly FoundInclude[],
  now: Instant,
): Record<string, unknown> {
  const { lastUpdateTime, ...before } = status?.artifact ?? { lastUpdateTime: '' };
  const time = isDeepStrictEqual(before, artifact) ? lastUpdateTime : `${new Date(now).toISOString().slice(0, 19)}Z`;
  return {
    artifact: { ...artifact, lastUpdateTime: time },
    includedArtifacts: includes.length === 0 ? null : includes.map((include) => include.status),
    observedIgnore: spec.ignore ?? null,
    observedInclude: spec.include ?? null,
    observedRecurseSubmodules: spec.recurseSubmodules === true ? true : null,
    observedSparseCheckout: spec.sparseCheckout ?? null,
  };
}

const failures = ['FetchFailed', 'IncludeUnavailable', 'StorageOperationFailed'];

function artifactEvents(
  { status }: GitRepository,
  { revision, digest }: Pick<ArtifactStatus, 'revision' | 'digest'>,
  { isNew, subject }: GitRepositoryDone,
): NonNullable<Report['events']> {
  const recovered = status?.conditions?.some(({ type }) => failures.includes(type)) ?? false;
  if (!isNew && !recovered) return [];
  const metadata = { 'source.toolkit.fluxcd.io/revision': revision, 'source.toolkit.fluxcd.io/digest': digest };
  return [
    { type: 'Normal', reason: isNew ? 'NewArtifact' : 'Succeeded', message: `stored artifact for commit '${subject}'`, metadata },
  ];
}

/** Each step has a condition of its own; those of the steps before it went well. */
export function describeSourceFailure(error: unknown): Partial<Pick<Report, 'ready' | 'conditions' | 'remove'>> {
  const reason = (error instanceof TagalongError ? error.reason : undefined) ?? 'GitOperationFailed';
  const state = { reason, message: errorMessage(error) };
  const ready = { status: 'False', ...state } as const;
  switch (error instanceof TagalongError ? error.code : '') {
    case 'VERIFICATION_FAILED':
      return { ready, conditions: [{ type: 'SourceVerified', ...ready }], remove: ['FetchFailed'] };
    case 'INCLUDE_UNAVAILABLE':
      return { ready, conditions: [{ type: 'IncludeUnavailable', status: 'True', ...state }], remove: ['FetchFailed'] };
    case 'COPY_FAILED':
    case 'STORAGE_FAILED':
      return {
        ready,
        conditions: [{ type: 'StorageOperationFailed', status: 'True', ...state }],
        remove: ['FetchFailed', 'IncludeUnavailable'],
      };
    default:
      return { ready, conditions: [{ type: 'FetchFailed', status: 'True', ...state }] };
  }
}
