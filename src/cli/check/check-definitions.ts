import { customResourceDefinitions, type OpenApiSchema } from '../../api/index.ts';
import type { Cluster } from '../../core/index.ts';
import { bad, type Finding, good } from './finding.ts';

const definitionKind = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
const shownAtMost = 3;

interface Definition {
  readonly spec: {
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema?: { readonly openAPIV3Schema?: OpenApiSchema };
    }[];
  };
}

/** Whether the server has a definition of each kind, in our version, with every field that we read or write. */
export async function checkDefinitions(cluster: Cluster, signal: AbortSignal): Promise<Finding[]> {
  return Promise.all(
    customResourceDefinitions().map(async (ours) => {
      const { name } = ours.metadata;
      const version = ours.spec.versions[0];
      const label = `${name}/${version?.name}`;
      const theirs = (await cluster.get({ ...definitionKind, name }, signal)) as (Definition & object) | null;
      if (theirs === null) return bad(`${label} is missing; install it with \`kubectl apply -k deploy/crds\``);
      const served = theirs.spec.versions.find((candidate) => candidate.name === version?.name && candidate.served);
      if (served === undefined) {
        const versions = theirs.spec.versions.map((candidate) => candidate.name).join(', ');
        return bad(
          `${name} is there, but serves ${versions} and not ${version?.name}; it is older than tagalong: \`kubectl apply -k deploy/crds\``,
        );
      }
      const missing = findMissingFields(version?.schema.openAPIV3Schema ?? {}, served.schema?.openAPIV3Schema ?? {});
      if (missing.length === 0) return good(label);
      const more = missing.length > shownAtMost ? ` and ${missing.length - shownAtMost} more` : '';
      return bad(
        `${label} is older than tagalong, it lacks ${missing.slice(0, shownAtMost).join(', ')}${more}: \`kubectl apply -k deploy/crds\``,
      );
    }),
  );
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** Paths of our schema that the other would prune. */
export function findMissingFields(ours: SchemaNode, theirs: SchemaNode, path = ''): string[] {
  if (theirs['x-kubernetes-preserve-unknown-fields'] === true) return [];
  const own = Object.entries(ours.properties ?? {}).flatMap(([name, node]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const other = theirs.properties?.[name];
    if (other !== undefined) return findMissingFields(node, other, at);
    return theirs.additionalProperties === undefined && path !== '' ? [at] : [];
  });
  const items =
    ours.items === undefined || theirs.items === undefined ? [] : findMissingFields(ours.items, theirs.items, `${path}[]`);
  return [...own, ...items];
}
