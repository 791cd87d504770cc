import { parseApiVersion } from '../../core/index.ts';
import { type GeneratedResource, generatedResources } from './built-in-definitions.ts';
import type { ResourceType, ScalePaths } from './resource-type.ts';

const workloadScale: ScalePaths = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.spec.selector',
};

/** Both event APIs show the same objects. */
const sharedStorage: Readonly<Record<string, string>> = { 'events.k8s.io/events': '/events' };

/** Every resource that is served without a CustomResourceDefinition. */
export const builtInKinds: readonly ResourceType[] = generatedResources.map(createBuiltInKind);

function createBuiltInKind(resource: GeneratedResource): ResourceType {
  const { group, version } = parseApiVersion(resource.groupVersion);
  const storage = `${group}/${resource.plural}`;
  return {
    group,
    version,
    plural: resource.plural,
    singular: resource.singular,
    kind: resource.kind,
    listKind: `${resource.kind}List`,
    shortNames: resource.shortNames,
    categories: resource.categories,
    namespaced: resource.namespaced,
    verbs: resource.verbs,
    hasStatus: resource.subresources.includes('status'),
    hasFinalize: resource.subresources.includes('finalize'),
    scale: resource.subresources.includes('scale') ? workloadScale : null,
    schema: { $ref: resource.schema },
    columns: resource.columns,
    custom: false,
    storage: sharedStorage[storage] ?? storage,
    storageVersion: storage === 'events.k8s.io/events' ? 'v1' : version,
  };
}
