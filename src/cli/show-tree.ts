import { type Inventory, refOfEntry } from '../apply/index.ts';
import { type Cluster, describeRef, type KubeObject, type ObjectRef, refOf } from '../core/index.ts';
import { cleanLine } from './clean-text.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { findObject } from './find-objects.ts';
import { viewOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { formatValue, type OutputFormat } from './print-objects.ts';
import type { Session } from './session.ts';

export interface TreeOptions {
  readonly compact?: boolean;
  readonly output?: OutputFormat;
}

interface Branch {
  readonly ref: ObjectRef;
  readonly children: readonly Branch[];
}

/** Prints the tree below a Kustomization, from the inventories alone. */
export async function showTree(name: string, options: TreeOptions, target: ClusterOptions, session: Session): Promise<void> {
  await withCluster(target, session, async (cluster) => {
    const root = await findObject(cluster, viewOf('Kustomization'), { namespace: target.namespace, name }, session.signal);
    const tree = await growTree({ cluster, signal: session.signal, compact: options.compact === true }, root, new Set());
    if (options.output !== undefined) session.terminal.answer(formatValue(toValue(tree), options.output));
    else session.terminal.answer(`${cleanLine(describeRef(tree.ref))}\n${drawChildren(tree, '')}`);
  });
}

interface Grower {
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
  readonly compact: boolean;
}

async function growTree(grower: Grower, object: KubeObject, above: ReadonlySet<string>): Promise<Branch> {
  const ref = refOf(object);
  const path = new Set([...above, describeRef(ref)]);
  const refs = inventoryOf(object).flatMap((entry) => refOfEntry(entry) ?? []);
  const shown = grower.compact ? refs.filter(({ group }) => group.includes('toolkit.fluxcd.io')) : refs;
  const children = await Promise.all(shown.map((child) => growBranch(grower, child, path)));
  return { ref, children };
}

/** What has an inventory of its own is opened; what is applied to another cluster, or is gone, stays a leaf. */
async function growBranch(grower: Grower, ref: ObjectRef, above: ReadonlySet<string>): Promise<Branch> {
  const leaf = { ref, children: [] };
  if (!hasInventory(ref) || above.has(describeRef(ref))) return leaf;
  const object = await grower.cluster.get(ref, grower.signal);
  if (object === null || (object['spec'] as { kubeConfig?: unknown } | undefined)?.kubeConfig !== undefined) return leaf;
  return growTree(grower, object, above);
}

function hasInventory({ group, kind }: ObjectRef): boolean {
  return (
    (group === 'kustomize.toolkit.fluxcd.io' && kind === 'Kustomization') ||
    (group === 'helm.toolkit.fluxcd.io' && kind === 'HelmRelease')
  );
}

function inventoryOf(object: KubeObject): Inventory {
  return (object['status'] as { inventory?: { entries?: Inventory } } | undefined)?.inventory?.entries ?? [];
}

function drawChildren({ children }: Branch, indent: string): string {
  return children
    .map((child, index) => {
      const isLast = index === children.length - 1;
      const line = `${indent}${isLast ? '└── ' : '├── '}${cleanLine(describeRef(child.ref))}\n`;
      return line + drawChildren(child, `${indent}${isLast ? '    ' : '│   '}`);
    })
    .join('');
}

/** As `flux tree -o json` has it. */
function toValue({ ref, children }: Branch): Record<string, unknown> {
  const { namespace = '', name, group, kind } = ref;
  const resource = { Namespace: namespace, Name: name, GroupKind: { Group: group, Kind: kind } };
  return { resource, ...(children.length === 0 ? {} : { resources: children.map(toValue) }) };
}
