import { isDeepStrictEqual } from 'node:util';
import { type GitRepository, gitRepositoryKind } from '../api/index.ts';
import { type KubeObject, keyOf } from '../core/index.ts';
import type { WakeRule } from '../engine/index.ts';

/** A source runs when one that it includes has another artifact, came or went, or includes others. */
export function gitRepositoryWakes(list: () => readonly GitRepository[]): WakeRule[] {
  return [
    {
      on: gitRepositoryKind,
      because: 'an included source changed',
      keys: ({ before, after }) => {
        const changed = after ?? before;
        if (changed === null || isDeepStrictEqual(factsOf(before), factsOf(after))) return [];
        const { namespace, name } = changed.metadata;
        return list()
          .filter(({ metadata, spec }) => metadata.namespace === namespace && includes(spec, name))
          .map(keyOf);
      },
    },
  ];
}

function factsOf(object: KubeObject | null): unknown {
  const repository = object as GitRepository | null;
  const { revision, digest } = repository?.status?.artifact ?? {};
  return [object === null, revision, digest, repository?.spec.include];
}

function includes({ include }: GitRepository['spec'], name: string): boolean {
  return include?.some(({ repository }) => repository.name === name) ?? false;
}
