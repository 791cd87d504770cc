import type { FieldProblem, Resource } from '../../api/index.ts';
import { findCycleThrough } from '../../apply/index.ts';
import { formatKey, keyOf } from '../../core/index.ts';
import { compileGuard, isInReach, selectPolicies } from '../../guard/index.ts';
import type { Finding } from './finding.ts';
import type { LintedObject } from './read-objects.ts';

/** Names of objects that are nowhere, ways of `dependsOn` that lead back, and guards that guard nothing. Pure. */
export function checkReferences(objects: readonly LintedObject[]): Finding[] {
  const own = objects.filter(({ isElsewhere }) => !isElsewhere);
  return [
    ...own.flatMap((object) => referencesOf(object.resource).flatMap((reference) => checkReference(object, reference, objects))),
    ...checkCycles(own),
    ...checkGuards(own, objects),
  ];
}

interface Reference {
  readonly path: FieldProblem['path'];
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

function referencesOf(resource: Resource): Reference[] {
  switch (resource.kind) {
    case 'ImagePolicy': {
      const { name, namespace } = resource.spec.imageRepositoryRef;
      return [{ path: ['spec', 'imageRepositoryRef', 'name'], kind: 'ImageRepository', name, namespace }];
    }
    case 'ImageUpdateAutomation':
      return [{ path: ['spec', 'sourceRef', 'name'], ...resource.spec.sourceRef }];
    case 'Kustomization':
      return [
        { path: ['spec', 'sourceRef', 'name'], ...resource.spec.sourceRef },
        ...(resource.spec.dependsOn ?? []).map(({ name, namespace }, index) => ({
          ...{ path: ['spec', 'dependsOn', index, 'name'], kind: 'Kustomization', name, namespace },
        })),
      ];
    default:
      return [];
  }
}

/** Where the tree has none of that kind at all, they are somewhere else: a warning. */
function checkReference(
  from: LintedObject,
  { path, kind, name, namespace }: Reference,
  objects: readonly LintedObject[],
): Finding[] {
  const wanted = namespace ?? (from.hasNamespace ? from.resource.metadata.namespace : undefined);
  const ofKind = objects.filter(({ resource }) => resource.kind === kind);
  const isThere = ofKind.some(
    ({ resource, hasNamespace }) =>
      resource.metadata.name === name && (wanted === undefined || !hasNamespace || resource.metadata.namespace === wanted),
  );
  if (isThere) return [];
  const key = wanted === undefined ? name : `${wanted}/${name}`;
  const message = `${from.resource.kind} ${from.resource.metadata.name}: ${kind} ${key} is not in this folder`;
  return [{ ...from.at(path), severity: ofKind.length === 0 ? 'warning' : 'error', rule: 'reference', message }];
}

function checkCycles(objects: readonly LintedObject[]): Finding[] {
  const kustomizations = objects.flatMap((object) =>
    object.resource.kind === 'Kustomization' ? [{ object, resource: object.resource }] : [],
  );
  const graph = new Map(
    kustomizations.map(({ resource }) => [
      keyOf(resource),
      (resource.spec.dependsOn ?? []).map(({ name, namespace = resource.metadata.namespace ?? '' }) =>
        formatKey({ namespace, name }),
      ),
    ]),
  );
  return kustomizations.flatMap(({ object, resource }) => {
    const cycle = findCycleThrough(keyOf(resource), graph);
    if (cycle === null) return [];
    const message = `Kustomization ${resource.metadata.name} waits for itself: ${cycle.join(' → ')}`;
    return [{ ...object.at(['spec', 'dependsOn']), severity: 'error' as const, rule: 'reference' as const, message }];
  });
}

function checkGuards(own: readonly LintedObject[], objects: readonly LintedObject[]): Finding[] {
  const policies = objects.flatMap(({ resource }) => (resource.kind === 'ImagePolicy' ? [resource] : []));
  if (policies.length === 0) return [];
  return own.flatMap(({ resource, at }): Finding[] => {
    if (resource.kind !== 'UpdateGuard') return [];
    const compiled = compileGuard(resource, 0);
    if (compiled.kind === 'invalid') return [];
    // Which namespace binds everybody is a flag of the bot: here each may be the one.
    const guardNamespace = resource.metadata.namespace ?? '';
    if (selectPolicies({ resource, compiled }, policies, guardNamespace).length > 0) return [];
    const reach = policies.filter((policy) => isInReach(compiled.guard.name, policy, guardNamespace)).length;
    const message = `UpdateGuard ${resource.metadata.name} selects none of the ${reach} policies in this folder: it guards nothing`;
    return [{ ...at(['spec', 'policySelector']), severity: 'warning', rule: 'guard', message }];
  });
}
