import { versionStyleOf } from '../../src/api/index.ts';
import { compileTagPolicy, type TagPolicy, type TagPolicySpec } from '../../src/select/index.ts';

/** A policy that must compile. */
export function policyOf(spec: TagPolicySpec, annotations: Readonly<Record<string, string>> = {}): TagPolicy {
  const compiled = compileTagPolicy(spec, versionStyleOf(annotations));
  if (compiled.kind === 'invalid') throw new Error(compiled.reason);
  return compiled.policy;
}

/** A list in every order that matters to a bug: as given, reversed, and rotated. */
export function shuffles(tags: readonly string[]): string[][] {
  return [[...tags], tags.toReversed(), [...tags.slice(1), ...tags.slice(0, 1)]];
}
