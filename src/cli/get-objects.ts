import { type KubeObject, keyOf } from '../core/index.ts';
import { cleanText } from './clean-text.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { findObjects, findObjectsIfServed, listOptions, noneFound, type ObjectQuery } from './find-objects.ts';
import { type KindView, viewOf } from './kind-views.ts';
import type { KindWords } from './kind-words.ts';
import { withCluster } from './open-cluster.ts';
import { formatValue, listOf, type OutputFormat, withoutManagedFields } from './print-objects.ts';
import type { Session } from './session.ts';
import { parseStatusSelector } from './status-selector.ts';
import { formatStatusTable, type TableLook } from './status-table.ts';

/** The options of `get`, as commander parsed them. */
export interface GetOptions {
  readonly allNamespaces?: boolean;
  readonly header?: boolean;
  readonly selector?: string;
  readonly statusSelector?: string;
  readonly watch?: boolean;
  readonly output?: OutputFormat;
  readonly showSource?: boolean;
}

/** Prints the objects of one kind, once or as they change. */
export async function getKind(
  kind: KindWords['kind'],
  name: string | undefined,
  options: GetOptions,
  target: ClusterOptions,
  session: Session,
): Promise<void> {
  const view = viewOf(kind);
  const query = queryOf(options, target, name);
  await withCluster(target, session, async (cluster) => {
    if (options.watch) {
      const print = createRowPrinter(view, options, session);
      await cluster.resource(view.served); // a watch waits for a server that is away; who starts one wants to be told
      return cluster.watch(view.served, { ...listOptions(query), signal: session.signal }, (event) => {
        if (event.type === 'deleted') return;
        const objects = event.type === 'synced' ? event.objects : [event.object];
        print(objects.filter((object) => isAsked(object, query)));
      });
    }
    const objects = await findObjects(cluster, view, query, session.signal);
    if (options.output !== undefined) return printValue(objects, name, options.output, session);
    if (objects.length === 0) throw noneFound(view, query);
    session.terminal.answer(formatStatusTable(view, objects, lookOf(options, false)));
  });
}

/** Prints several kinds, each in a table of its own; kinds that the server lacks and kinds without objects are left out. */
export async function getKinds(
  kinds: readonly KindWords['kind'][],
  options: GetOptions,
  target: ClusterOptions,
  session: Session,
): Promise<void> {
  const query = queryOf(options, target, undefined);
  await withCluster(target, session, async (cluster) => {
    const found = await Promise.all(
      kinds.map(viewOf).map(async (view) => ({ view, objects: await findObjectsIfServed(cluster, view, query, session.signal) })),
    );
    if (options.output !== undefined)
      return printValue(
        found.flatMap(({ objects }) => objects),
        undefined,
        options.output,
        session,
      );
    const filled = found.filter(({ objects }) => objects.length > 0);
    for (const { view, objects } of filled)
      session.terminal.answer(`${formatStatusTable(view, objects, lookOf(options, true))}\n`);
    if (filled.length === 0)
      session.terminal.note(`nothing found in ${query.allNamespaces ? 'any namespace' : `"${query.namespace}" namespace`}`);
  });
}

function queryOf(options: GetOptions, { namespace }: ClusterOptions, name: string | undefined): ObjectQuery {
  return {
    namespace,
    allNamespaces: options.allNamespaces ?? false,
    ...(name === undefined ? {} : { name }),
    ...(options.selector === undefined ? {} : { labelSelector: options.selector }),
    ...(options.statusSelector === undefined ? {} : { statusSelector: parseStatusSelector(options.statusSelector) }),
  };
}

function isAsked(object: KubeObject, { name, statusSelector }: ObjectQuery): boolean {
  return (name === undefined || object.metadata.name === name) && (statusSelector?.(object) ?? true);
}

function lookOf(options: GetOptions, prefixNames: boolean): TableLook {
  return {
    allNamespaces: options.allNamespaces ?? false,
    showHeader: options.header ?? true,
    prefixNames,
    showSource: options.showSource ?? false,
  };
}

function printValue(objects: readonly KubeObject[], name: string | undefined, format: OutputFormat, { terminal }: Session): void {
  const [only] = objects;
  terminal.answer(formatValue(name !== undefined && only !== undefined ? withoutManagedFields(only) : listOf(objects), format));
}

/** Prints what it has not printed before: the header once, then a row for each change of what the row shows. */
function createRowPrinter(view: KindView, options: GetOptions, { terminal }: Session): (objects: readonly KubeObject[]) => void {
  const printed = new Map<string, string>();
  let header = options.header ?? true;
  return (objects) => {
    const fresh = objects.filter((object) => {
      const row = formatStatusTable(view, [object], { ...lookOf(options, false), showHeader: false });
      const shown = options.output === undefined ? row : (object.metadata.resourceVersion ?? row);
      const isNew = printed.get(keyOf(object)) !== shown;
      printed.set(keyOf(object), shown);
      return isNew;
    });
    if (fresh.length === 0) return;
    if (options.output !== undefined) return printStream(fresh, options.output, terminal);
    terminal.answer(formatStatusTable(view, fresh, { ...lookOf(options, false), showHeader: header }));
    header = false;
  };
}

/** JSON an object a line, YAML a document each. */
function printStream(objects: readonly KubeObject[], format: OutputFormat, terminal: Session['terminal']): void {
  for (const object of objects.map(withoutManagedFields))
    terminal.answer(format === 'json' ? cleanText(JSON.stringify(object)) : `---\n${formatValue(object, format)}`);
}
