import { type Resource, servedKinds } from '../api/index.ts';
import { ClusterError } from '../cluster/index.ts';
import { type Cluster, type GroupVersionKind, type Instant, type KubeObject, keyOf, type WatchEvent } from '../core/index.ts';
import { cleanLine } from './clean-text.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { withCluster } from './open-cluster.ts';
import type { Paint } from './paint.ts';
import type { Session } from './session.ts';
import { type ClusterEvent, Timeline } from './timeline.ts';
import type { Hop } from './timeline-hop.ts';

export interface WatchOrder {
  readonly allNamespaces: boolean;
  /** How long; until interrupted, if it is not given. */
  readonly forMs?: number;
}

/** Prints a line for each hop from now on. What there is at the start, and again after an interruption, is only remembered. */
export async function watchLoop(order: WatchOrder, target: ClusterOptions, session: Session): Promise<void> {
  const timeline = new Timeline();
  const { clock, terminal } = session;
  const tell = (hop: Hop | null) => hop !== null && terminal.answer(formatHop(hop, terminal.paint));
  const end = order.forMs === undefined ? session.signal : AbortSignal.any([session.signal, AbortSignal.timeout(order.forMs)]);
  const options = { ...(order.allNamespaces ? {} : { namespace: target.namespace }), signal: end };
  await withCluster(target, session, async (cluster) => {
    const watches = servedKinds.map((kind) =>
      watchKind(
        cluster,
        kind,
        options,
        (before, after) => {
          for (const hop of timeline.observe(before as Resource | null, after as Resource, clock.now())) tell(hop);
        },
        session,
      ),
    );
    const events = watchKind(
      cluster,
      { group: '', version: 'v1', kind: 'Event' },
      options,
      (before, after) => {
        const event = readEvent(after);
        const isNews = before === null || before['count'] !== after['count'];
        if (event !== null && isNews) tell(timeline.observeEvent(event, clock.now()));
      },
      session,
    );
    terminal.note(`watching ${order.allNamespaces ? 'all namespaces' : `"${target.namespace}" namespace`} of ${cluster.server}`);
    await Promise.all([...watches, events]);
  });
}

type Observer = (before: KubeObject | null, after: KubeObject) => void;

/** Tells each change with the state before it; a kind that the server lacks, or does not show, is said and left out. */
async function watchKind(
  cluster: Cluster,
  kind: GroupVersionKind,
  options: { namespace?: string; signal: AbortSignal },
  observe: Observer,
  { terminal }: Session,
): Promise<void> {
  const known = new Map<string, KubeObject>();
  const isFirst = { value: true };
  const see = (object: KubeObject, isSilent: boolean) => {
    const before = known.get(keyOf(object)) ?? null;
    known.set(keyOf(object), object);
    if (!isSilent) observe(before, object);
  };
  try {
    await cluster.watch(kind, options, (event: WatchEvent) => {
      if (event.type === 'deleted') return void known.delete(keyOf(event.object));
      if (event.type !== 'synced') return see(event.object, false);
      for (const object of event.objects) see(object, isFirst.value);
      isFirst.value = false;
    });
  } catch (error) {
    if (!(error instanceof ClusterError) || (error.code !== 'NOT_FOUND' && error.code !== 'FORBIDDEN')) throw error;
    terminal.note(`${kind.kind} is not watched: ${cleanLine(error.message)}`);
  }
}

const watchedKinds = new Set<string>(servedKinds.map(({ kind }) => kind));

function readEvent(object: KubeObject): ClusterEvent | null {
  const { type, reason, message, involvedObject } = object as KubeObject & {
    type?: string;
    reason?: string;
    message?: string;
    involvedObject?: { kind?: string; namespace?: string; name?: string };
  };
  const { kind = '', namespace = '', name = '' } = involvedObject ?? {};
  if (!watchedKinds.has(kind)) return null;
  return { type: type ?? '', reason: reason ?? '', message: message ?? '', involved: { kind, namespace, name } };
}

/** `12:00:01.250   +0.41s  selected   ImagePolicy apps/web  1.0.0 → …`. */
function formatHop({ at, kind, subject, text, sinceMs }: Hop, paint: Paint): string {
  const time = formatTimeOfDay(at);
  const since = (sinceMs === null ? '' : `+${(sinceMs / 1000).toFixed(2)}s`).padStart(9);
  const colour =
    kind === 'failed'
      ? paint.bad
      : kind === 'held' || kind === 'drift'
        ? paint.warn
        : kind === 'healthy'
          ? paint.good
          : paint.accent;
  return `${paint.faint(time)} ${since}  ${colour(kind.padEnd(9))}  ${cleanLine(subject)}  ${cleanLine(text)}`;
}

/** In UTC, as everything in a cluster. */
function formatTimeOfDay(at: Instant): string {
  return new Date(at).toISOString().slice(11, 23);
}
