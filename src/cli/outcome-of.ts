import { healthOf } from '../apply/index.ts';
import type { Instant, KubeObject } from '../core/index.ts';
import { conditionOf, readyOf } from './kind-views.ts';

export type RunOutcome =
  | { readonly kind: 'ready' }
  | { readonly kind: 'running'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * How the run that handled our request ended. As kstatus has it, but a run that failed and will be tried again counts as failed: nobody
 * who asked wants to wait for the deadline to be told.
 */
export function outcomeOf(object: KubeObject, now: Instant): RunOutcome {
  const ready = readyOf(object);
  const reconciling = conditionOf(object, 'Reconciling');
  const willRetry = reconciling?.status === 'True' && reconciling.reason === 'ProgressingWithRetry';
  if (willRetry && ready.status === 'False') return { kind: 'failed', message: ready.message };
  const health = healthOf(object, now);
  if (health.status === 'Failed') return { kind: 'failed', message: health.message };
  if (reconciling?.status !== 'True' && ready.status === 'False' && ready.reason !== '')
    return { kind: 'failed', message: ready.message };
  if (health.status !== 'Current' || ready.status !== 'True') return { kind: 'running', message: ready.message };
  return { kind: 'ready' };
}
