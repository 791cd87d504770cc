import { findSelectorProblem, type ImagePolicy, matchesSelector, type UpdateGuard, updateGuardSpecSchema } from '../api/index.ts';
import { keyOf, type NamespacedName, nameOf } from '../core/index.ts';
import type { CompiledGuard, Guard } from './compile-guard.ts';

/** A guard as the API has it, and what it means. */
export interface KnownGuard {
  readonly resource: UpdateGuard;
  readonly compiled: CompiledGuard;
}

/** The guards that bind one policy: those that say when, and those that cannot be obeyed and therefore say never. */
export interface Binding {
  readonly guards: readonly Guard[];
  readonly broken: readonly Extract<CompiledGuard, { kind: 'invalid' }>[];
}

/** All of them count: what lands has passed every one. */
export function bindGuards(known: readonly KnownGuard[], policy: ImagePolicy, guardNamespace: string): Binding {
  const binding = known.filter((one) => binds(one, policy, guardNamespace)).map(({ compiled }) => compiled);
  return {
    guards: binding.flatMap((compiled) => (compiled.kind === 'guard' ? [compiled.guard] : [])),
    broken: binding.filter((compiled) => compiled.kind === 'invalid'),
  };
}

/** The policies a guard binds, as `namespace/name`, sorted: what stands in its status. */
export function selectPolicies(known: KnownGuard, policies: readonly ImagePolicy[], guardNamespace: string): string[] {
  return policies
    .filter((policy) => binds(known, policy, guardNamespace))
    .map(keyOf)
    .toSorted();
}

/** Whether a guard is within reach of a policy at all: in its namespace, or in the one whose guards bind everybody. */
export function isInReach(guard: NamespacedName, policy: ImagePolicy, guardNamespace: string): boolean {
  return guard.namespace === guardNamespace || guard.namespace === policy.metadata.namespace;
}

function binds({ resource, compiled }: KnownGuard, policy: ImagePolicy, guardNamespace: string): boolean {
  if (!isInReach(nameOf(resource), policy, guardNamespace)) return false;
  if (compiled.kind === 'guard') return isSelectedBy(resource, policy);
  // It closes all that it last selected, and what it would select now as far as that can be read.
  return isSelectedBy(resource, policy) || (resource.status?.selected?.includes(keyOf(policy)) ?? false);
}

const labelSelector = updateGuardSpecSchema.shape.policySelector;

/** A selector that cannot be read may mean any policy, unless it is known what the guard selected before. */
function isSelectedBy({ spec, status }: UpdateGuard, policy: ImagePolicy): boolean {
  const selector = labelSelector.safeParse(spec?.policySelector);
  const isReadable = selector.success && findSelectorProblem(selector.data) === null;
  return isReadable ? matchesSelector(policy.metadata.labels ?? {}, selector.data) : status?.selected === undefined;
}
