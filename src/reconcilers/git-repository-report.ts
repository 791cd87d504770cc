import { isDeepStrictEqual } from 'node:util';
import type { GitRepository } from '../api/index.ts';
import { type ArtifactStatus, errorMessage, type Instant, type Report, TagalongError } from '../core/index.ts';
import { upToDate } from './content-source.ts';
import type { FoundInclude } from './git-repository-includes.ts';
import type { Verification } from './git-repository-verify.ts';
import { type SourceNews, type SourceNewsWords, sourceEvents } from './source-events.ts';
import { sourceIntervalMs } from './source-spec.ts';

export interface GitRepositoryDone extends SourceNews {
  /** Null where nothing had to be made. */
  readonly artifact: Omit<ArtifactStatus, 'lastUpdateTime'> | null;
  /** The first line of the commit's message. */
  readonly subject: string;
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
    events: sourceEvents(resource, done, wordsOf(resource, done), failures),
    next: { afterMs: sourceIntervalMs(resource.spec), jitter: true },
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

/** Where nothing had to be made the commit was not looked into, and its revision stands for it. */
function wordsOf({ spec, status }: GitRepository, { artifact, subject }: GitRepositoryDone): SourceNewsWords {
  const revision = artifact?.revision ?? status?.artifact?.revision ?? '';
  const message = `no changes since last reconciliation: observed revision '${revision}'`;
  const { commit = '', semver = '' } = spec.ref ?? {};
  // Only these two are compared after a look at the repository itself.
  const isLookedInto = artifact !== null || commit !== '' || semver !== '';
  return {
    stored: `stored artifact for commit '${artifact === null ? revision : subject}'`,
    unchanged: isLookedInto
      ? { reason: 'ArtifactUpToDate', message: upToDate(revision) }
      : { reason: 'GitOperationSucceeded', message },
  };
}

/** Each step has a condition of its own; those of the steps before it went well. */
export function describeSourceFailure(error: unknown): Partial<Pick<Report, 'ready' | 'conditions' | 'remove'>> {
  const reason = (error instanceof TagalongError ? error.reason : undefined) ?? 'GitOperationFailed';
  const state = { reason, message: errorMessage(error) };
  const ready = { status: 'False', ...state } as const;
  switch (error instanceof TagalongError ? error.code : '') {
    case 'NO_TRUSTED_ROOT':
      return { ready };
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
