import { requestedAtAnnotation } from '../api/index.ts';
import type { Cluster, Instant, KubeObject, NamespacedName } from '../core/index.ts';
import { CliError } from './error.ts';
import { findObject } from './find-objects.ts';
import { isSuspended, type KindView, readyOf } from './kind-views.ts';
import { outcomeOf, type RunOutcome } from './outcome-of.ts';
import type { Progress } from './progress.ts';
import type { Session } from './session.ts';
import { waitFor } from './wait-for.ts';

export interface ReconcileOrder {
  readonly view: KindView;
  readonly target: NamespacedName;
  readonly timeoutMs: number;
}

/** Asks for a run, waits until it is over and says how it went. Throws when it failed, was refused, or took too long. */
export async function requestReconcile(
  cluster: Cluster,
  { view, target, timeoutMs }: ReconcileOrder,
  session: Session,
  progress: Progress,
): Promise<void> {
  const { kind } = view.served;
  const before = await findObject(cluster, view, target, session.signal);
  if (isSuspended(before)) throw new CliError('FAILED', 'resource is suspended');
  progress.action(`annotating ${kind} ${target.name} in ${target.namespace} namespace`);
  await annotate(cluster, view, target, { [requestedAtAnnotation]: requestedNow(session.clock.now()) });
  progress.success(`${kind} annotated`);
  progress.waiting(`waiting for ${kind} reconciliation`);
  const isHandled = (object: KubeObject) => handledAt(object) !== handledAt(before);
  const done = await waitForRun(cluster, { view, target, timeoutMs }, session, isHandled);
  progress.success(view.describeSuccess(done));
}

/** Waits until the run that `isOurs` recognises is over. Throws with flux's words when it failed. */
export async function waitForRun(
  cluster: Cluster,
  { view, target, timeoutMs }: ReconcileOrder,
  session: Session,
  isOurs: (object: KubeObject) => boolean,
): Promise<KubeObject> {
  const wait = { view, target, timeoutMs, describe: (object: KubeObject) => readyOf(object).message };
  const judge = (object: KubeObject): RunOutcome =>
    isOurs(object) ? outcomeOf(object, session.clock.now()) : { kind: 'running', message: '' };
  const done = await waitFor(cluster, wait, session, (object) => judge(object).kind !== 'running');
  const outcome = judge(done);
  if (outcome.kind !== 'failed') return done;
  const quote = view.words.group === 'source' ? "'" : '';
  throw new CliError('FAILED', `${view.served.kind} reconciliation failed: ${quote}${outcome.message}${quote}`);
}

/** Sets annotations, and leaves the others. */
export function annotate(
  cluster: Cluster,
  { served }: Pick<KindView, 'served'>,
  target: NamespacedName,
  annotations: Readonly<Record<string, string>>,
): Promise<KubeObject> {
  return cluster.patch({ ...served, ...target }, { metadata: { annotations } }, { type: 'merge', fieldManager: 'tagalong-cli' });
}

/** Like RFC3339Nano: two requests in one millisecond are two all the same. */
export function requestedNow(now: Instant): string {
  const below = String(process.hrtime.bigint() % 1_000_000n).padStart(6, '0');
  return new Date(now).toISOString().replace('Z', `${below}Z`);
}

function handledAt(object: KubeObject): string | undefined {
  return (object['status'] as { lastHandledReconcileAt?: string } | undefined)?.lastHandledReconcileAt;
}
