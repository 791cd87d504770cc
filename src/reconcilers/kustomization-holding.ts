import { type Inventory, inventoryId, refOfEntry } from '../apply/index.ts';
import { type Cluster, type GroupVersionKind, type KubeObject, type ObjectRef, refOf, TagalongError } from '../core/index.ts';

/** What people keep in a namespace, and what would be gone with it. */
const keptInNamespaces: readonly GroupVersionKind[] = [
  { group: '', version: 'v1', kind: 'ConfigMap' },
  { group: '', version: 'v1', kind: 'Secret' },
  { group: '', version: 'v1', kind: 'Service' },
  { group: '', version: 'v1', kind: 'PersistentVolumeClaim' },
  { group: '', version: 'v1', kind: 'Pod' },
  { group: 'apps', version: 'v1', kind: 'Deployment' },
  { group: 'apps', version: 'v1', kind: 'StatefulSet' },
  { group: 'apps', version: 'v1', kind: 'DaemonSet' },
  { group: 'batch', version: 'v1', kind: 'Job' },
  { group: 'batch', version: 'v1', kind: 'CronJob' },
];

/** Ids of Namespaces, definitions and volume claims among `deletions` that hold something beyond `deletions` → what. */
export async function findHolding(
  deletions: Inventory,
  live: ReadonlyMap<string, KubeObject>,
  { cluster, signal }: { cluster: Cluster; signal: AbortSignal },
): Promise<ReadonlyMap<string, string>> {
  const going = new Set(deletions.map(({ id }) => id));
  const holding = new Map<string, string>();
  for (const entry of deletions) {
    const ref = refOfEntry(entry);
    const object = live.get(entry.id);
    if (ref === null || object === undefined) continue;
    const held = await heldBy(ref, object, { cluster, signal, going }).catch(heldUnseen);
    if (held !== null) holding.set(entry.id, held);
  }
  return holding;
}

interface Look {
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
  readonly going: ReadonlySet<string>;
}

/** Who may not look has to assume that something is there. */
function heldUnseen(error: unknown): string {
  if (error instanceof TagalongError && error.code === 'FORBIDDEN') return 'what its ServiceAccount may not list';
  throw error;
}

async function heldBy(ref: ObjectRef, object: KubeObject, look: Look): Promise<string | null> {
  if (ref.group === '' && ref.kind === 'Namespace') return heldByNamespace(ref.name, look);
  if (ref.group === '' && ref.kind === 'PersistentVolumeClaim') return heldByClaim(object);
  if (ref.group === 'apiextensions.k8s.io' && ref.kind === 'CustomResourceDefinition') return heldByDefinition(object, look);
  return null;
}

async function heldByNamespace(namespace: string, look: Look): Promise<string | null> {
  for (const kind of keptInNamespaces) {
    const count = await countOthers(kind, look, namespace);
    if (count > 0) return describeCount(count, kind.kind);
  }
  return null;
}

function heldByClaim(claim: KubeObject): string | null {
  const { volumeName } = (claim['spec'] as { volumeName?: string } | undefined) ?? {};
  return volumeName === undefined || volumeName === '' ? null : `the volume ${volumeName}`;
}

async function heldByDefinition(definition: KubeObject, look: Look): Promise<string | null> {
  const { group, names, versions } = (definition['spec'] ?? {}) as {
    group?: string;
    names?: { kind?: string };
    versions?: readonly { name?: string; served?: boolean }[];
  };
  const version = versions?.find(({ served }) => served === true)?.name;
  if (group === undefined || names?.kind === undefined || version === undefined) return null;
  const count = await countOthers({ group, version, kind: names.kind }, look);
  return count === 0 ? null : describeCount(count, names.kind);
}

/** Objects that go neither with this prune nor with something that owns them, and that nobody gets by default. */
async function countOthers(kind: GroupVersionKind, { cluster, signal, going }: Look, namespace?: string): Promise<number> {
  try {
    const { items } = await cluster.list(kind, { metadataOnly: true, signal, ...(namespace === undefined ? {} : { namespace }) });
    return items.filter((item) => !isDefault(kind, item) && !isOwned(item) && !going.has(idOf(kind, item))).length;
  } catch (error) {
    if (error instanceof TagalongError && error.code === 'NOT_FOUND') return 0;
    throw error;
  }
}

function idOf(kind: GroupVersionKind, item: KubeObject): string {
  const { namespace, name } = refOf({ ...item, apiVersion: 'v1', kind: kind.kind });
  return inventoryId({ ...kind, name, ...(namespace === undefined ? {} : { namespace }) });
}

function isOwned({ metadata }: KubeObject): boolean {
  return (metadata.ownerReferences ?? []).length > 0;
}

function isDefault({ kind }: GroupVersionKind, { metadata }: KubeObject): boolean {
  if (kind === 'Secret') return /^default-token-/.test(metadata.name);
  return kind === 'ConfigMap' && metadata.name === 'kube-root-ca.crt';
}

function describeCount(count: number, kind: string): string {
  return `${count} ${kind}${count === 1 ? '' : 's'}`;
}
