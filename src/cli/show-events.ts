import { type Cluster, type KubeObject, nameOf } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { eventCells, eventHeaders, readEvent, type ShownEvent } from './event-row.ts';
import { findObject } from './find-objects.ts';
import { parseObjectName } from './object-name.ts';
import { withCluster } from './open-cluster.ts';
import type { Session } from './session.ts';
import { formatTable } from './table.ts';
import { tellInterruptions } from './tell-interruptions.ts';

export interface EventsOrder {
  readonly allNamespaces?: boolean;
  readonly for?: string;
  readonly types?: string;
  readonly watch?: boolean;
  readonly header?: boolean;
}

type Filter = (event: ShownEvent) => boolean;

/** Prints the events of a namespace, or about one object and what it comes from. */
export async function showEvents(order: EventsOrder, target: ClusterOptions, session: Session): Promise<void> {
  const ofType = parseTypes(order.types);
  await withCluster(target, session, async (cluster) => {
    const subjects = order.for === undefined ? null : await findSubjects(cluster, order.for, target.namespace, session.signal);
    const namespaces = subjects?.namespaces ?? [target.namespace];
    // The source may live elsewhere: then the table says where each is from.
    const showNamespace = order.allNamespaces === true || namespaces.length > 1;
    const keep: Filter = (event) => ofType(event) && (subjects?.has(event) ?? true);
    const scopes = order.allNamespaces === true ? [{}] : namespaces.map((namespace) => ({ namespace }));
    const print = createPrinter(order, showNamespace, session);
    if (order.watch === true) return void (await watchEvents(cluster, scopes, keep, print, session));
    const lists = await Promise.all(scopes.map((scope) => cluster.list(eventKind, { ...scope, signal: session.signal })));
    const events = lists.flatMap(({ items }) => items).flatMap(shown(keep));
    if (events.length === 0)
      session.terminal.note(`no events found${'namespace' in (scopes[0] ?? {}) ? ` in ${target.namespace} namespace` : ''}`);
    else print(events);
  });
}

const eventKind = { group: '', version: 'v1', kind: 'Event' };

function shown(keep: Filter): (object: KubeObject) => ShownEvent[] {
  return (object) => {
    const event = readEvent(object);
    return event !== null && keep(event) ? [event] : [];
  };
}

async function watchEvents(
  cluster: Cluster,
  scopes: readonly { readonly namespace?: string }[],
  keep: Filter,
  print: (events: readonly ShownEvent[]) => void,
  session: Session,
): Promise<void> {
  await cluster.resource(eventKind); // a watch waits for a server that is away; who starts one wants to be told
  const seen = new Map<string, string>();
  const isNews = ({ metadata }: KubeObject) => {
    const key = metadata.uid ?? metadata.name;
    const known = seen.get(key);
    seen.set(key, metadata.resourceVersion ?? '');
    return known !== metadata.resourceVersion;
  };
  const interruptions = tellInterruptions(session.terminal);
  const watches = scopes.map((scope) =>
    cluster.watch(eventKind, { ...scope, signal: session.signal, onInterrupted: interruptions.lost }, (event) => {
      interruptions.back();
      if (event.type === 'deleted') return;
      const objects = event.type === 'synced' ? event.objects : [event.object];
      const events = objects.filter(isNews).flatMap(shown(keep));
      if (events.length > 0) print(events);
    }),
  );
  await Promise.all(watches);
}

function createPrinter(
  { header = true }: EventsOrder,
  showNamespace: boolean,
  { terminal, clock }: Session,
): (events: readonly ShownEvent[]) => void {
  let isFirst = header;
  const headers = [...(showNamespace ? ['namespace'] : []), ...eventHeaders];
  return (events) => {
    const rows = events
      .toSorted((a, b) => a.lastAt - b.lastAt)
      .map((event) => [...(showNamespace ? [event.namespace] : []), ...eventCells(event, clock.now())]);
    terminal.answer(formatTable(isFirst ? headers : null, rows));
    isFirst = false;
  };
}

/** The object that is asked about, and the source that it names. */
async function findSubjects(cluster: Cluster, text: string, namespace: string, signal: AbortSignal) {
  const { view, name } = parseObjectName(text);
  const { kind } = view.served;
  if (name === undefined) return { namespaces: [namespace], has: (event: ShownEvent) => event.kind === kind };
  const object = await findObject(cluster, view, { namespace, name }, signal);
  const { sourceRef } = (object['spec'] ?? {}) as { sourceRef?: { kind?: string; name: string; namespace?: string } };
  const source = sourceRef && { kind: sourceRef.kind ?? '', name: sourceRef.name, namespace: sourceRef.namespace ?? namespace };
  const subjects = [{ kind, ...nameOf(object) }, ...(source === undefined ? [] : [source])];
  const keys = new Set(subjects.map((subject) => `${subject.namespace}/${subject.kind}/${subject.name}`));
  return {
    namespaces: [...new Set(subjects.map((subject) => subject.namespace))],
    has: (event: ShownEvent) => keys.has(`${event.namespace}/${event.kind}/${event.name}`),
  };
}

function parseTypes(text: string | undefined): Filter {
  if (text === undefined) return () => true;
  const types = new Set(text.split(',').map((type) => type.trim().toLowerCase()));
  for (const type of types)
    if (type !== 'normal' && type !== 'warning')
      throw new CliError('USAGE', `--types ${JSON.stringify(text)}: expected Normal, Warning, or both with a comma between`);
  return ({ type }) => types.has(type.toLowerCase());
}
