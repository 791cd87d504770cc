import { describeRef, formatDuration, type KubeObject, type ObjectRef } from '../core/index.ts';
import { fieldAt } from './health-fields.ts';
import type { Health } from './health-result.ts';

export interface HealthResult {
  readonly ref: ObjectRef;
  /** Null while nothing could be read about it. */
  readonly health: Health | null;
  /** Being gone is success too: a finished Job with `ttlSecondsAfterFinished`. */
  readonly mayVanish?: boolean;
  /** Why the last look failed. */
  readonly error?: string;
}

export interface HealthWait {
  readonly elapsedMs: number;
  readonly timeoutMs: number;
  /** What is being waited for fails with the first object that failed; default true. */
  readonly failFast?: boolean;
}

export type HealthSummary =
  /** `message`: `Health check passed in 1.2s`. */
  | { readonly do: 'healthy'; readonly message: string }
  | { readonly do: 'wait'; readonly because: string }
  /** `message`: `timeout waiting for: […]`, without the prefix that `healthFailureText` adds. */
  | { readonly do: 'failed'; readonly message: string };

/** Whether to go on waiting. A failed object ends it; so does the timeout, and then everything that is not Current is named. */
export function summariseHealth(results: readonly HealthResult[], wait: HealthWait): HealthSummary {
  const pending = results.filter((result) => !isDone(result));
  if (pending.length === 0) return { do: 'healthy', message: `Health check passed in ${formatDuration(wait.elapsedMs)}` };
  const failed = pending.filter(({ health }) => health?.status === 'Failed');
  const endsEarly = failed.length > 0 && ((wait.failFast ?? true) || failed.length === pending.length);
  if (endsEarly) return { do: 'failed', message: `failed early due to stalled resources: [${failed.map(describe).join(', ')}]` };
  if (wait.elapsedMs < wait.timeoutMs) return { do: 'wait', because: `waiting for ${pending.map(describe).join(', ')}` };
  return { do: 'failed', message: `timeout waiting for: [${pending.map(describe).join(', ')}]` };
}

/** The message of HealthCheckFailed: `health check failed after <duration>: <message>`. */
export function healthFailureText(message: string, elapsedMs: number): string {
  return `health check failed after ${formatDuration(elapsedMs)}: ${message}`;
}

/** True for a manifest whose object is deleted when it is finished. */
export function mayVanish(manifest: KubeObject): boolean {
  return (
    manifest.apiVersion === 'batch/v1' &&
    manifest.kind === 'Job' &&
    fieldAt(manifest, 'spec.ttlSecondsAfterFinished') !== undefined
  );
}

/** How long a health wait may take: `spec.timeout`, else the interval less 30 s, and 30 s at least. Milliseconds. */
export function healthTimeoutMs({ timeoutMs, intervalMs }: { timeoutMs?: number | undefined; intervalMs: number }): number {
  return Math.max(30_000, timeoutMs ?? intervalMs - 30_000);
}

function isDone({ health, mayVanish }: HealthResult): boolean {
  return health?.status === 'Current' || (health?.status === 'NotFound' && mayVanish === true);
}

function describe({ ref, health, error }: HealthResult): string {
  if (health === null) return `can't determine status for ${describeRef(ref)}`;
  return `${describeRef(ref)} status: '${health.status}'${error === undefined ? '' : `: ${error}`}`;
}
