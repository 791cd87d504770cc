import type { ImagePolicy, UpdateGuard } from '../../src/api/index.ts';
import { compileGuard, type Guard } from '../../src/guard/index.ts';

export const at = (text: string) => Date.parse(text);

/** A guard as somebody writes it. */
export function updateGuard(
  spec: object,
  { name = 'guard', namespace = 'shop', status = undefined as object | undefined } = {},
): UpdateGuard {
  return {
    apiVersion: 'tagalong.dev/v1alpha1',
    kind: 'UpdateGuard',
    metadata: { name, namespace, uid: name, generation: 1 },
    spec,
    ...(status === undefined ? {} : { status }),
  } as unknown as UpdateGuard;
}

/** The same, compiled; a mistake in it is the test's. */
export function guardOf(spec: object, names: { name?: string; namespace?: string } = {}): Guard {
  const compiled = compileGuard(updateGuard(spec, names), at('2026-01-01T00:00:00Z'));
  if (compiled.kind === 'invalid') throw new Error(compiled.problems.join('; '));
  return compiled.guard;
}

export function imagePolicy(name: string, { namespace = 'shop', labels = {} as Record<string, string> } = {}): ImagePolicy {
  return {
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImagePolicy',
    metadata: { name, namespace, labels },
    spec: { imageRepositoryRef: { name }, policy: { semver: { range: '1.x' } } },
    status: { observedGeneration: 1, latestRef: { name: `registry.example/${name}`, tag: '1.1.0' } },
  } as unknown as ImagePolicy;
}
