import { pausedUntilAnnotation, pauseReasonAnnotation } from '../api/index.ts';
import { type Cluster, formatTime, type KubeObject, keyOf, refOf } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { exitCode } from './exit-code.ts';
import { findObjectsIfServed } from './find-objects.ts';
import { conditionOf, type KindView, viewOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { createProgress } from './progress.ts';
import type { Session } from './session.ts';
import { waitFor } from './wait-for.ts';

export interface PauseOrder {
  readonly names: readonly string[];
  /** Of the namespace, in place of names. */
  readonly all: boolean;
  readonly allNamespaces: boolean;
  readonly commits: boolean;
  readonly applies: boolean;
}

interface Found {
  readonly view: KindView;
  readonly object: KubeObject;
}

/** Writes the annotation on each, then waits until the bot has seen it: a pause that nobody keeps is none. */
export async function pauseObjects(
  { forMs, reason, ...order }: PauseOrder & { readonly forMs: number; readonly reason: string },
  target: ClusterOptions,
  session: Session,
): Promise<void> {
  const progress = createProgress(session.terminal);
  await withCluster(target, session, async (cluster, serverNow) => {
    const found = await findAll(cluster, order, target, session.signal);
    // By the clock of the cluster: the one of whoever types may be hours off.
    const until = formatTime(serverNow() + forMs);
    for (const { view, object } of found) {
      await mark(cluster, object, { [pausedUntilAnnotation]: until, [pauseReasonAnnotation]: reason === '' ? null : reason });
      progress.action(`pausing ${view.words.human} ${keyOf(object)} until ${until}`);
    }
    for (const one of found) await confirm(cluster, one, session, progress, true);
  });
}

/** Takes the annotation off each, and waits until it goes on. */
export async function unpauseObjects(order: PauseOrder, target: ClusterOptions, session: Session): Promise<void> {
  const progress = createProgress(session.terminal);
  await withCluster(target, session, async (cluster) => {
    const found = await findAll(cluster, order, target, session.signal);
    const paused = found.filter(({ object }) => object.metadata.annotations?.[pausedUntilAnnotation] !== undefined);
    if (paused.length === 0) session.terminal.note('nothing is paused');
    for (const { object } of paused)
      await mark(cluster, object, { [pausedUntilAnnotation]: null, [pauseReasonAnnotation]: null });
    for (const one of paused) await confirm(cluster, one, session, progress, false);
  });
}

async function findAll(
  cluster: Cluster,
  order: PauseOrder,
  { namespace }: ClusterOptions,
  signal: AbortSignal,
): Promise<Found[]> {
  const views = [
    ...(order.commits ? [viewOf('ImageUpdateAutomation')] : []),
    ...(order.applies ? [viewOf('Kustomization')] : []),
  ];
  const query = { namespace, allNamespaces: order.all && order.allNamespaces };
  const lists = await Promise.all(
    views.map(async (view) => (await findObjectsIfServed(cluster, view, query, signal)).map((object) => ({ view, object }))),
  );
  const all = lists.flat();
  const unknown = order.names.filter((name) => !all.some(({ object }) => object.metadata.name === name));
  const kinds = views.map(({ served }) => served.kind).join(' or ');
  if (unknown.length > 0 || all.length === 0)
    throw new CliError(
      'NOT_FOUND',
      `no ${kinds} ${unknown.length > 0 ? `'${unknown.join("', '")}' ` : ''}in ${order.allNamespaces ? 'any' : `"${namespace}"`} namespace`,
    );
  return order.all ? all : all.filter(({ object }) => order.names.includes(object.metadata.name));
}

async function mark(cluster: Cluster, object: KubeObject, annotations: Readonly<Record<string, string | null>>): Promise<void> {
  await cluster.patch(refOf(object), { metadata: { annotations } }, { type: 'merge', fieldManager: 'tagalong-cli' });
}

const seenWithinMs = 10_000;

async function confirm(
  cluster: Cluster,
  { view, object }: Found,
  session: Session,
  progress: ReturnType<typeof createProgress>,
  isPaused: boolean,
): Promise<void> {
  const { namespace = '', name } = object.metadata;
  const what = `${view.words.human} ${namespace}/${name}`;
  const hasSeen = (seen: KubeObject) => (conditionOf(seen, 'Paused')?.status === 'True') === isPaused || isSuspendedNow(seen);
  const wait = { view, target: { namespace, name }, timeoutMs: seenWithinMs, describe: () => 'the bot does not answer' };
  try {
    await waitFor(cluster, wait, session, hasSeen);
    progress.success(`${what} ${isPaused ? 'is paused' : 'goes on'}`);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'TIMEOUT') throw error;
    progress.failure(
      `${what}: the annotation is written, but nobody took notice of it within 10 s; does a tagalong serve ${view.served.kind}? (tagalong check)`,
    );
    session.exitCode = exitCode.failed;
  }
}

function isSuspendedNow({ spec }: KubeObject): boolean {
  return (spec as { suspend?: boolean } | undefined)?.suspend === true;
}
