import type { Kustomization } from '../api/index.ts';
import { ApplyError, upsertHistory } from '../apply/index.ts';
import { BuildError } from '../build/index.ts';
import { errorMessage, type Instant, type Report, TagalongError } from '../core/index.ts';
import { DecryptError } from '../decrypt/index.ts';
import { type FailureFacts, KustomizationError } from './kustomization-deps.ts';
import { retryMsOf } from './kustomization-spec.ts';
import { eventMetadata, historyMetadata, type SourceRevision } from './source-revision.ts';

/** What was known about a run when it failed. */
export interface RunFacts {
  readonly of?: SourceRevision;
  /** Whether the revision was attempted at all; absent = it was. */
  readonly isAttempt?: boolean;
  /** Of the build; only with it the failure has a place in the history. */
  readonly digest?: string;
  readonly startedAt: Instant;
  readonly now: Instant;
  readonly status?: Readonly<Record<string, unknown>>;
  /** The text of Healthy=False. */
  readonly unhealthy?: string;
}

const transientCodes: ReadonlySet<string> = new Set(['UNREACHABLE', 'TIMEOUT', 'TOO_MANY_REQUESTS', 'SERVER_ERROR', 'CONFLICT']);

/** The failure of a run with what status has to say about it. */
export function failureOf(kustomization: Kustomization, cause: unknown, facts: RunFacts): KustomizationError {
  if (cause instanceof KustomizationError) return cause;
  const reason = reasonOf(cause);
  const { of, isAttempt = true, unhealthy } = facts;
  const status = {
    ...(of === undefined || !isAttempt ? {} : { lastAttemptedRevision: of.revision }),
    ...historyOf(kustomization, reason, facts),
    ...facts.status,
  };
  const described: FailureFacts = {
    reason,
    status,
    transient: isTransient(cause),
    ...(of === undefined ? {} : { eventMetadata: eventMetadata(of) }),
    ...(unhealthy === undefined ? {} : { unhealthy }),
  };
  const retry = cause instanceof TagalongError && typeof cause.retry === 'object' ? { retry: cause.retry } : {};
  return new KustomizationError('FAILED', errorMessage(cause), described, { cause, ...retry });
}

function historyOf({ status }: Kustomization, reason: string, { of, digest, startedAt, now }: RunFacts): Record<string, unknown> {
  if (digest === undefined || of === undefined) return {};
  const run = { digest, status: reason, durationMs: now - startedAt, at: now, metadata: historyMetadata(of) };
  return { history: upsertHistory(status?.history ?? [], run) };
}

function reasonOf(cause: unknown): string {
  if (cause instanceof BuildError || cause instanceof DecryptError) return cause.reason ?? 'BuildFailed';
  if (cause instanceof ApplyError && cause.code === 'PRUNE_FAILED') return 'PruneFailed';
  if (cause instanceof ApplyError && cause.code === 'HEALTH_CHECK_FAILED') return 'HealthCheckFailed';
  return 'ReconciliationFailed';
}

/** The API was away or busy, or somebody wrote at the same moment: nothing that an interval has to pass for. */
function isTransient(error: unknown): boolean {
  if (error instanceof BuildError) return false;
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof TagalongError && transientCodes.has(cause.code)) return true;
  return false;
}

/** A failed run is tried again after `retryInterval`, always the same; only what will pass by itself is tried with growing delays. */
export function describeFailure(
  kustomization: Kustomization,
  error: unknown,
): Partial<Pick<Report, 'ready' | 'conditions' | 'remove' | 'status' | 'next' | 'eventMetadata'>> {
  const failure = error instanceof KustomizationError ? error : failureOf(kustomization, error, { startedAt: 0, now: 0 });
  const { reason, status, unhealthy, transient, eventMetadata } = failure.facts;
  const healthy = { type: 'Healthy', status: 'False', reason: 'HealthCheckFailed', message: unhealthy ?? '' } as const;
  return {
    ready: { status: 'False', reason, message: failure.message },
    ...(unhealthy === undefined ? {} : { conditions: [healthy] }),
    ...(status === undefined ? {} : { status }),
    ...(eventMetadata === undefined ? {} : { eventMetadata }),
    ...(transient ? {} : { next: { afterMs: retryMsOf(kustomization) } }),
  };
}
