import type { KindRegistry } from '../kinds/kind-registry.ts';
import type { ResourceType } from '../kinds/resource-type.ts';

interface GroupVersions {
  readonly group: string;
  readonly versions: readonly string[];
}

/** Groups with their versions, the preferred one first. */
export function listGroups(kinds: KindRegistry): readonly GroupVersions[] {
  const groups = new Map<string, Set<string>>([...virtualGroups].map(([group, version]) => [group, new Set([version])]));
  for (const { group, version } of kinds.all()) groups.set(group, (groups.get(group) ?? new Set()).add(version));
  return [...groups].map(([group, versions]) => ({ group, versions: [...versions].sort(compareVersions) }));
}

/** Groups that only answer reviews. */
const virtualGroups: readonly (readonly [string, string])[] = [
  ['authentication.k8s.io', 'v1'],
  ['authorization.k8s.io', 'v1'],
];

/** As Kubernetes orders them: v2, v1, v1beta2, v1beta1, v1alpha1, then the rest. */
function compareVersions(a: string, b: string): number {
  const rank = (version: string) => {
    const parsed = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (parsed === null) return [3, 0, 0];
    const [, major, stage, minor] = parsed;
    return [stage === undefined ? 0 : stage === 'beta' ? 1 : 2, -Number(major), -Number(minor ?? 0)];
  };
  const [left, right] = [rank(a), rank(b)];
  for (const [index, value] of left.entries()) if (value !== right[index]) return value - (right[index] ?? 0);
  return a < b ? -1 : 1;
}

const formatGroupVersion = (group: string, version: string) => (group === '' ? version : `${group}/${version}`);

/** /apis */
export function describeGroups(kinds: KindRegistry): object {
  const groups = listGroups(kinds)
    .filter(({ group }) => group !== '')
    .map(describeGroup);
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

function describeGroup({ group, versions }: GroupVersions): object {
  const known = versions.map((version) => ({ groupVersion: formatGroupVersion(group, version), version }));
  return { name: group, versions: known, preferredVersion: known[0] };
}

/** /apis/<group>; null where there is none. */
export function describeOneGroup(kinds: KindRegistry, name: string): object | null {
  const found = listGroups(kinds).find(({ group }) => group === name && group !== '');
  return found === undefined ? null : { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(found) };
}

/** /api/v1 and /apis/<group>/<version>; null where there is none. */
export function describeResources(kinds: KindRegistry, group: string, version: string): object | null {
  if (!listGroups(kinds).some((known) => known.group === group && known.versions.includes(version))) return null;
  const types = kinds.all().filter((type) => type.group === group && type.version === version);
  const reviews = reviewsOf(group).map((kind) => ({
    name: `${kind.toLowerCase()}s`,
    singularName: kind.toLowerCase(),
    namespaced: false,
    kind,
    verbs: ['create'],
  }));
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: formatGroupVersion(group, version),
    resources: [...types.flatMap(describeResource), ...reviews],
  };
}

function describeResource(type: ResourceType): object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = type;
  const named = { ...(shortNames.length > 0 && { shortNames }), ...(categories.length > 0 && { categories }) };
  const own = { name: plural, singularName: singular, namespaced, kind, verbs, ...named };
  return [
    own,
    ...subresourcesOf(type).map(({ name, kind: subKind, group, version, verbs: subVerbs }) => ({
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      ...(group !== undefined && { group, version }),
      kind: subKind,
      verbs: subVerbs,
    })),
  ];
}

interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

function subresourcesOf(type: ResourceType): Subresource[] {
  const verbs = ['get', 'patch', 'update'];
  return [
    ...(type.hasFinalize ? [{ name: 'finalize', kind: type.kind, verbs: ['update'] }] : []),
    ...(type.scale === null ? [] : [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs }]),
    ...(type.hasStatus ? [{ name: 'status', kind: type.kind, verbs }] : []),
  ];
}

/** Kinds that are asked, not stored. */
export function reviewsOf(group: string): readonly string[] {
  if (group === 'authorization.k8s.io') return ['SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SubjectAccessReview'];
  return group === 'authentication.k8s.io' ? ['SelfSubjectReview', 'TokenReview'] : [];
}

/** Everything below /api (or /apis) in one document: apidiscovery.k8s.io/v2. */
export function describeAll(kinds: KindRegistry, isCore: boolean): object {
  const groups = listGroups(kinds).filter(({ group }) => (group === '') === isCore);
  const items = groups.map(({ group, versions }) => ({
    metadata: { ...(group !== '' && { name: group }), creationTimestamp: null },
    versions: versions.map((version) => ({ version, resources: aggregate(kinds, group, version), freshness: 'Current' })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function aggregate(kinds: KindRegistry, group: string, version: string): object[] {
  const types = kinds.all().filter((type) => type.group === group && type.version === version);
  const reviews = reviewsOf(group).map((kind) => ({
    resource: `${kind.toLowerCase()}s`,
    responseKind: { group, version, kind },
    scope: 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create'],
  }));
  return [...types.map(aggregateResource), ...reviews];
}

function aggregateResource(type: ResourceType): object {
  const { group, version, plural, singular, kind, namespaced, verbs, shortNames, categories } = type;
  const subresources = subresourcesOf(type).map((item) => ({
    subresource: item.name,
    responseKind: { group: item.group ?? group, version: item.version ?? version, kind: item.kind },
    verbs: item.verbs,
  }));
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}
