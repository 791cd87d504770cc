import { orderAlphabetically } from './order-alphabetical.ts';
import { orderNumerically } from './order-numerical.ts';
import { orderBySemver } from './order-semver.ts';
import type { Direction } from './ordering.ts';
import { compileFilter, type TagFilter } from './tag-filter.ts';
import { createTagPolicy, type TagPolicy } from './tag-policy.ts';
import { parseRange } from './version-range.ts';
import { semverStyle, type VersionStyle } from './version-style.ts';

/** The parts of an ImagePolicy's spec that decide about tags. */
export interface TagPolicySpec {
  readonly policy?: {
    readonly semver?: { readonly range?: string | undefined } | null | undefined;
    readonly alphabetical?: { readonly order?: string | undefined } | null | undefined;
    readonly numerical?: { readonly order?: string | undefined } | null | undefined;
  };
  readonly filterTags?: { readonly pattern?: string | undefined; readonly extract?: string | undefined } | null | undefined;
}

export type CompiledTagPolicy =
  | { readonly kind: 'compiled'; readonly policy: TagPolicy }
  /** `reason` as Flux words it in the condition `InvalidPolicy`. */
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * Compiles a policy once for many tags; `style` says how versions are read. Of several kinds semver goes before alphabetical, and that before numerical.
 */
export function compileTagPolicy(spec: TagPolicySpec, style: VersionStyle = semverStyle): CompiledTagPolicy {
  const build = chooseOrdering(spec, style);
  if (typeof build === 'string') return { kind: 'invalid', reason: `invalid policy: ${build}` };
  if (!spec.filterTags) return { kind: 'compiled', policy: build(null) };
  const compiled = compileFilter(spec.filterTags.pattern ?? '', spec.filterTags.extract ?? '');
  if (compiled.kind === 'invalid') return { kind: 'invalid', reason: `failed to filter tags: ${compiled.reason}` };
  return { kind: 'compiled', policy: build(compiled.filter) };
}

type BuildPolicy = (filter: TagFilter | null) => TagPolicy;

/** A policy that only lacks its filter, or why there is none. */
function chooseOrdering({ policy }: TagPolicySpec, style: VersionStyle): BuildPolicy | string {
  if (policy?.semver) {
    const parsed = parseRange(policy.semver.range ?? '', style);
    return parsed.kind === 'invalid' ? parsed.reason : (filter) => createTagPolicy(orderBySemver(parsed.range, style), filter);
  }
  const ordered = policy?.alphabetical ?? policy?.numerical;
  if (!ordered) return 'given ImagePolicyChoice object is invalid';
  const direction = parseDirection(ordered.order);
  if (direction === null) return `invalid order argument provided: '${ordered.order?.toUpperCase()}', must be one of: ASC, DESC`;
  if (policy?.alphabetical) return (filter) => createTagPolicy(orderAlphabetically(direction), filter);
  return (filter) => createTagPolicy(orderNumerically(direction), filter);
}

function parseDirection(order = ''): Direction | null {
  const direction = order.toLowerCase();
  if (direction === '') return 'asc';
  return direction === 'asc' || direction === 'desc' ? direction : null;
}
