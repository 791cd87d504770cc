import { type Cluster, type GroupVersionKind, gvkOf, type KubeObject } from '../core/index.ts';

/**
 * The objects, those of cluster-scoped kinds without a namespace. Kustomize puts one (`namespace:`, `spec.targetNamespace`) into every
 * kind that it does not know, such as a ClusterIssuer; the server ignores it, and Flux's inventory names the object without it. One and
 * the same object under two ids would be pruned as the one and applied as the other. A kind counts as its definition says: the one that
 * comes with these objects, else the one that the cluster has; a kind that nobody defines is left as it is.
 */
export async function withoutStrayNamespaces(objects: readonly KubeObject[], cluster: Cluster): Promise<KubeObject[]> {
  const scopes = scopesDefinedBy(objects);
  const isNamespaced = async (gvk: GroupVersionKind): Promise<boolean> => {
    const key = scopeKey(gvk);
    const known = scopes.get(key);
    if (known !== undefined) return known;
    const namespaced = (await cluster.resource(gvk))?.namespaced ?? true;
    scopes.set(key, namespaced);
    return namespaced;
  };
  const cleaned: KubeObject[] = [];
  for (const object of objects) {
    const isStray = object.metadata.namespace !== undefined && !(await isNamespaced(gvkOf(object)));
    cleaned.push(isStray ? withoutNamespace(object) : object);
  }
  return cleaned;
}

function withoutNamespace(object: KubeObject): KubeObject {
  const { namespace: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

interface DefinitionSpec {
  readonly group?: string;
  readonly scope?: string;
  readonly names?: { readonly kind?: string };
}

function scopesDefinedBy(objects: readonly KubeObject[]): Map<string, boolean> {
  const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  return new Map(
    definitions.map((definition) => {
      const { group = '', scope, names } = (definition['spec'] ?? {}) as DefinitionSpec;
      return [scopeKey({ group, kind: names?.kind ?? '' }), scope !== 'Cluster'];
    }),
  );
}

/** All versions of a kind have one scope. */
function scopeKey({ group, kind }: Pick<GroupVersionKind, 'group' | 'kind'>): string {
  return `${group}/${kind}`;
}
