import { expectTypeOf, test } from 'vitest';
import type {
  CustomResourceDefinition,
  GitRepository,
  ImagePolicy,
  Kustomization,
  Resource,
  ServedKind,
} from '../../src/api/index.ts';
import type { GroupVersionKind, KubeObject } from '../../src/core/index.ts';

// Checked by the compiler (npm run check:static): api imports nothing, and what it describes still fits the ports of core.
test('resources and definitions are objects of a cluster', () => {
  expectTypeOf<Resource>().toExtend<KubeObject>();
  expectTypeOf<CustomResourceDefinition>().toExtend<KubeObject>();
  expectTypeOf<ServedKind>().toExtend<GroupVersionKind>();
});

test('fields with a default are always there, others may be absent', () => {
  expectTypeOf<GitRepository['spec']['timeout']>().toEqualTypeOf<string>();
  expectTypeOf<GitRepository['spec']['ignore']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<Kustomization['spec']['prune']>().toEqualTypeOf<boolean>();
  expectTypeOf<ImagePolicy['spec']['digestReflectionPolicy']>().toEqualTypeOf<'Always' | 'IfNotPresent' | 'Never'>();
});
