import { servedKinds } from '../../api/index.ts';
import { type Cluster, type KubeObject, keyOf } from '../../core/index.ts';
import type { Installation } from './check-installation.ts';
import { bad, type Finding, good } from './finding.ts';

const definitionKind = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
const shownAtMost = 3;

interface DefinitionSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly name: string; readonly served: boolean }[];
}

/** Objects of Flux's kinds, and of ours, that nobody looks at: neither this tagalong nor a Flux controller beside it. */
export async function checkObjects(cluster: Cluster, installation: Installation, signal: AbortSignal): Promise<Finding[]> {
  const { items } = await cluster.list(definitionKind, { signal });
  const specs = items.map((item) => item['spec'] as DefinitionSpec).filter(({ group }) => isOurGroup(group));
  const findings = await Promise.all(specs.map((spec) => checkKind(cluster, spec, installation, signal)));
  const flat = findings.flat();
  return flat.length > 0 ? flat : [good('every object is looked at by somebody')];
}

function isOurGroup(group: string): boolean {
  return group === 'tagalong.dev' || group.endsWith('.toolkit.fluxcd.io');
}

async function checkKind(
  cluster: Cluster,
  { group, names: { kind }, versions }: DefinitionSpec,
  installation: Installation,
  signal: AbortSignal,
): Promise<Finding[]> {
  const version = versions.find(({ served }) => served)?.name ?? '';
  const { items } = await cluster.list({ group, version, kind }, { signal });
  if (items.length === 0 || isServedByFlux(group, installation)) return [];
  const isServed = servedKinds.some((served) => served.group === group && served.kind === kind);
  if (!isServed)
    return [
      bad(
        `${items.length} ${kind}: tagalong does not serve this kind, and no controller of Flux is here that does: ${some(items)}`,
      ),
    ];
  const unseen = items.filter(isUnseen);
  return unseen.length === 0 ? [] : [bad(`${unseen.length} ${kind} never looked at by anybody: ${some(unseen)}`)];
}

/** A generation that nobody has observed, of an object that is not new: it takes a moment to be seen. */
function isUnseen(object: KubeObject): boolean {
  const { observedGeneration, conditions = [] } = (object['status'] ?? {}) as {
    observedGeneration?: number;
    conditions?: unknown[];
  };
  const isStatusKind = (object['spec'] as { interval?: string } | undefined)?.interval !== undefined;
  return isStatusKind && (observedGeneration ?? -1) < 0 && conditions.length === 0;
}

function isServedByFlux(group: string, { deployments }: Installation): boolean {
  const [word = ''] = group.split('.');
  return deployments.some(
    ({ name, replicas, controllers }) => controllers === null && replicas > 0 && name.startsWith(`${word}-`),
  );
}

function some(objects: readonly KubeObject[]): string {
  const more = objects.length > shownAtMost ? ` and ${objects.length - shownAtMost} more` : '';
  return objects.slice(0, shownAtMost).map(keyOf).join(', ') + more;
}
