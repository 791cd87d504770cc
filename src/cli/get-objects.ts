import type { KubeObject } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { findObjects, findObjectsIfServed, noneFound, type ObjectQuery } from './find-objects.ts';
import { type KindView, viewOf } from './kind-views.ts';
import type { KindWords } from './kind-words.ts';
import { contextsOf, withContexts } from './open-contexts.ts';
import { formatValue, listOf, type OutputFormat, withoutManagedFields } from './print-objects.ts';
import type { Session } from './session.ts';
import { parseStatusSelector } from './status-selector.ts';
import { formatStatusTable, type TableLook } from './status-table.ts';
import { watchObjects } from './watch-objects.ts';

/** The options of `get`, as commander parsed them. */
export interface GetOptions {
  readonly allNamespaces?: boolean;
  readonly header?: boolean;
  readonly labelSelector?: string;
  readonly statusSelector?: string;
  readonly watch?: boolean;
  readonly output?: OutputFormat | 'wide';
  readonly showSource?: boolean;
}

/** What `get` was asked for. */
export interface GetOrder {
  readonly kinds: readonly KindWords['kind'][];
  /** Of one kind only. */
  readonly name?: string;
  /** Whether the kinds were named together, as `all` does: then those without objects are left out. */
  readonly several: boolean;
}

/** What was found of a kind in one context. */
interface Found {
  readonly view: KindView;
  readonly context: string;
  readonly objects: readonly KubeObject[];
}

/** Prints objects of one kind or more, once or as they change, of one context or more. */
export async function getObjects(order: GetOrder, options: GetOptions, target: ClusterOptions, session: Session): Promise<void> {
  const query = queryOf(options, target, order.name);
  const views = order.kinds.map(viewOf);
  const look = lookOf(options, order, target);
  if (options.watch === true) return watchObjects({ views, query, look, options }, target, session);
  const found = (
    await withContexts(target, session, (cluster, context) =>
      Promise.all(
        views.map(async (view): Promise<Found> => {
          const find = order.several ? findObjectsIfServed : findObjects;
          return { view, context, objects: await find(cluster, view, query, session.signal) };
        }),
      ),
    )
  ).flat();
  const { output } = options;
  if (output === 'json' || output === 'yaml') return printValue(found, order, output, look, session);
  printTables(views, found, order, query, look, session);
}

function printTables(
  views: readonly KindView[],
  found: readonly Found[],
  { several }: GetOrder,
  query: ObjectQuery,
  look: TableLook,
  { terminal }: Session,
): void {
  const filled = views
    .map((view) => ({ view, parts: found.filter((one) => one.view === view && one.objects.length > 0) }))
    .filter(({ parts }) => parts.length > 0);
  for (const { view, parts } of filled) {
    const table = formatStatusTable(
      view,
      parts.flatMap(({ objects }) => objects),
      { ...look, contextOf: contextFinder(parts) },
    );
    terminal.answer(several ? `${table}\n` : table);
  }
  const [view] = views;
  if (filled.length > 0 || view === undefined) return;
  if (!several) throw noneFound(view, query);
  terminal.note(`nothing found in ${query.allNamespaces ? 'any namespace' : `"${query.namespace}" namespace`}`);
}

function contextFinder(found: readonly Found[]): (object: KubeObject) => string {
  const contexts = new Map(found.flatMap(({ context, objects }) => objects.map((object) => [object, context])));
  return (object) => contexts.get(object) ?? '';
}

function queryOf(options: GetOptions, { namespace }: ClusterOptions, name: string | undefined): ObjectQuery {
  return {
    namespace,
    allNamespaces: options.allNamespaces ?? false,
    ...(name === undefined ? {} : { name }),
    ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
    ...(options.statusSelector === undefined ? {} : { statusSelector: parseStatusSelector(options.statusSelector) }),
  };
}

function lookOf(options: GetOptions, { several }: GetOrder, target: ClusterOptions): TableLook {
  return {
    allNamespaces: options.allNamespaces ?? false,
    showHeader: options.header ?? true,
    prefixNames: several,
    showSource: options.showSource ?? false,
    isWide: options.output === 'wide',
    showContext: contextsOf(target).length > 1,
  };
}

function printValue(
  found: readonly Found[],
  { name }: GetOrder,
  format: OutputFormat,
  look: TableLook,
  { terminal }: Session,
): void {
  const objects = found.flatMap(({ context, objects }) =>
    objects.map((object): KubeObject => (look.showContext === true ? { ...object, context } : object)),
  );
  const [only] = objects;
  const isOne = name !== undefined && only !== undefined && objects.length === 1;
  terminal.answer(formatValue(isOne ? withoutManagedFields(only) : listOf(objects), format));
}
