import { ClusterError } from '../cluster/index.ts';
import { type Cluster, type KubeObject, keyOf } from '../core/index.ts';
import { cleanText } from './clean-text.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { listOptions, type ObjectQuery } from './find-objects.ts';
import type { GetOptions } from './get-objects.ts';
import type { KindView } from './kind-views.ts';
import { withContexts } from './open-contexts.ts';
import { formatValue, type OutputFormat, withoutManagedFields } from './print-objects.ts';
import type { Session } from './session.ts';
import { formatStatusTable, type TableLook } from './status-table.ts';
import { tellInterruptions } from './tell-interruptions.ts';

export interface WatchedObjects {
  readonly views: readonly KindView[];
  readonly query: ObjectQuery;
  readonly look: TableLook;
  readonly options: Pick<GetOptions, 'output'>;
}

/** Prints the objects, and then each again whenever its row changes, until interrupted. */
export async function watchObjects(order: WatchedObjects, target: ClusterOptions, session: Session): Promise<void> {
  const print = createRowPrinter(order, session);
  await withContexts(target, session, async (cluster, context) => {
    const { lost, back } = tellInterruptions(session.terminal);
    const watches = order.views.map(async (view) => {
      if (!(await isServed(cluster, view, order.views.length > 1))) return;
      const scope = { ...listOptions(order.query), signal: session.signal, onInterrupted: lost };
      await cluster.watch(view.served, scope, (event) => {
        back();
        if (event.type === 'deleted') return;
        const objects = event.type === 'synced' ? event.objects : [event.object];
        print(
          view,
          context,
          objects.filter((object) => isAsked(object, order.query)),
        );
      });
    });
    await Promise.all(watches);
  });
}

/** A watch waits for a server that is away; who starts one wants to be told. A kind among several may be missing. */
async function isServed(cluster: Cluster, { served }: KindView, mayMiss: boolean): Promise<boolean> {
  const resource = await cluster.resource(served);
  if (resource === null && !mayMiss)
    throw new ClusterError('NOT_FOUND', `the server has no kind ${served.kind} in ${served.group}/${served.version}`);
  return resource !== null;
}

function isAsked(object: KubeObject, { name, statusSelector }: ObjectQuery): boolean {
  return (name === undefined || object.metadata.name === name) && (statusSelector?.(object) ?? true);
}

/** Prints what it has not printed before: a header whenever another kind follows, then a row for each change of what the row shows. */
function createRowPrinter({ look, options }: WatchedObjects, { terminal }: Session) {
  const printed = new Map<string, string>();
  let under: KindView | null = null;
  return (view: KindView, context: string, objects: readonly KubeObject[]): void => {
    const own: TableLook = { ...look, contextOf: () => context };
    const fresh = objects.filter((object) => {
      const row = formatStatusTable(view, [object], { ...own, showHeader: false });
      const isValue = options.output === 'json' || options.output === 'yaml';
      const shown = isValue ? (object.metadata.resourceVersion ?? row) : row;
      const id = `${context} ${view.served.kind} ${keyOf(object)}`;
      const isNew = printed.get(id) !== shown;
      printed.set(id, shown);
      return isNew;
    });
    if (fresh.length === 0) return;
    if (options.output === 'json' || options.output === 'yaml') return printStream(fresh, options.output, terminal);
    terminal.answer(formatStatusTable(view, fresh, { ...own, showHeader: look.showHeader && under !== view }));
    under = view;
  };
}

/** JSON an object a line, YAML a document each. */
function printStream(objects: readonly KubeObject[], format: OutputFormat, terminal: Session['terminal']): void {
  for (const object of objects.map(withoutManagedFields))
    terminal.answer(format === 'json' ? cleanText(JSON.stringify(object)) : `---\n${formatValue(object, format)}`);
}
