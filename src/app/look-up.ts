import { type Kustomization, kustomizationKind, sourceKinds } from '../api/index.ts';
import { formatKey, type KubeObject, type SourceRef } from '../core/index.ts';
import type { Engine } from '../engine/index.ts';

/** Every Kustomization as the API last told. */
export function listKustomizations(engine: Engine): Kustomization[] {
  return engine.cache(kustomizationKind).list() as Kustomization[];
}

/** A source of any kind as the API last told; undefined = there is none, or no such kind. */
export function findSource(engine: Engine, { kind, namespace, name }: SourceRef): KubeObject | undefined {
  const found = sourceKinds.find((candidate) => candidate.kind === kind);
  return found === undefined ? undefined : engine.cache(found).get(formatKey({ namespace, name }));
}
