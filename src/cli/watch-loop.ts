import { type Resource, servedKinds } from '../api/index.ts';
import { ClusterError } from '../cluster/index.ts';
import {
  type Cluster,
  type GroupVersionKind,
  type KubeObject,
  keyOf,
  type WatchEvent,
  type WatchOptions,
} from '../core/index.ts';
import { cleanLine } from './clean-text.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { formatHop } from './format-hop.ts';
import { withCluster } from './open-cluster.ts';
import type { Session } from './session.ts';
import { tellInterruptions } from './tell-interruptions.ts';
import { type ClusterEvent, Timeline } from './timeline.ts';
import type { Hop } from './timeline-hop.ts';

export interface WatchOrder {
  readonly allNamespaces: boolean;
  /** How long; until interrupted, if it is not given. */
  readonly forMs?: number;
}

/** Prints a line for each hop from now on. What there is at the start is only remembered. */
export async function watchLoop(order: WatchOrder, target: ClusterOptions, session: Session): Promise<void> {
  const { clock, terminal } = session;
  const timeline = new Timeline();
  const tell = (hops: readonly (Hop | null)[]) => {
    for (const hop of hops) if (hop !== null) terminal.answer(formatHop(hop, terminal.paint));
  };
  const end = order.forMs === undefined ? session.signal : AbortSignal.any([session.signal, AbortSignal.timeout(order.forMs)]);
  const scope = { ...(order.allNamespaces ? {} : { namespace: target.namespace }), signal: end };
  await withCluster(target, session, async (cluster) => {
    const { lost, back } = tellInterruptions(terminal);
    const note = (text: string) => terminal.note(cleanLine(text));
    const look = { cluster, scope: { ...scope, onInterrupted: lost }, note, back };
    const objects: Observer = {
      remember: (object) => timeline.remember(object as Resource),
      observe: (before, after) => tell(timeline.observe(before as Resource | null, after as Resource, clock.now())),
    };
    const watches = [
      ...servedKinds.map((kind) => watchKind(kind, objects, look)),
      watchKind(eventKind, observeEvents(timeline, clock, tell), look),
    ];
    await Promise.all(watches.map(({ started, ended }) => Promise.race([started, ended])));
    if (!end.aborted)
      look.note(`watching ${order.allNamespaces ? 'all namespaces' : `"${target.namespace}" namespace`} of ${cluster.server}`);
    await Promise.all(watches.map(({ ended }) => ended));
  });
}

const eventKind = { group: '', version: 'v1', kind: 'Event' };

interface Observer {
  remember(object: KubeObject): void;
  observe(before: KubeObject | null, after: KubeObject): void;
}

interface Look {
  readonly cluster: Cluster;
  readonly scope: WatchOptions;
  note(text: string): void;
  /** The server told something: it is not away. */
  back(): void;
}

function observeEvents(timeline: Timeline, clock: Session['clock'], tell: (hops: readonly (Hop | null)[]) => void): Observer {
  return {
    remember: () => {},
    observe(before, after) {
      const event = readEvent(after);
      const isNews = before === null || before['count'] !== after['count'];
      if (event !== null && isNews) tell([timeline.observeEvent(event, clock.now())]);
    },
  };
}

/** `started` resolves when the first listing is in. A kind that the server lacks, or does not show, is said and ends at once. */
function watchKind(
  kind: GroupVersionKind,
  { remember, observe }: Observer,
  { cluster, scope, note, back }: Look,
): { started: Promise<void>; ended: Promise<void> } {
  const known = new Map<string, KubeObject>();
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  let isFirst = true;
  const see = (object: KubeObject) => {
    const before = known.get(keyOf(object)) ?? null;
    known.set(keyOf(object), object);
    if (isFirst) remember(object);
    else observe(before, object);
  };
  const ended = watchOrSay(cluster, kind, scope, note, (event) => {
    back();
    if (event.type === 'deleted') return void known.delete(keyOf(event.object));
    if (event.type !== 'synced') return see(event.object);
    event.objects.forEach(see);
    isFirst = false;
    start();
  });
  return { started, ended };
}

async function watchOrSay(
  cluster: Cluster,
  kind: GroupVersionKind,
  scope: Look['scope'],
  note: Look['note'],
  observer: (event: WatchEvent) => void,
): Promise<void> {
  try {
    await cluster.resource(kind); // a watch waits for a server that is away; who starts one wants to be told
    await cluster.watch(kind, scope, observer);
  } catch (error) {
    if (!(error instanceof ClusterError) || (error.code !== 'NOT_FOUND' && error.code !== 'FORBIDDEN')) throw error;
    note(`${kind.kind} is not watched: ${error.message}`);
  }
}

const watchedKinds = new Set<string>(servedKinds.map(({ kind }) => kind));

function readEvent(object: KubeObject): ClusterEvent | null {
  const { type, reason, message, involvedObject, metadata } = object as KubeObject & {
    type?: string;
    reason?: string;
    message?: string;
    involvedObject?: { kind?: string; namespace?: string; name?: string };
  };
  const { kind = '', namespace = '', name = '' } = involvedObject ?? {};
  if (!watchedKinds.has(kind)) return null;
  const revision = Object.entries(metadata.annotations ?? {}).find(([key]) => key.endsWith('/revision'))?.[1] ?? '';
  return { type: type ?? '', reason: reason ?? '', message: message ?? '', revision, involved: { kind, namespace, name } };
}
