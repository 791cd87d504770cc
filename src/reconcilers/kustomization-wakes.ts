import { isDeepStrictEqual } from 'node:util';
import { type Kustomization, kustomizationKind, sourceKinds } from '../api/index.ts';
import { dependencyKeys, readyExpressionOf } from '../apply/index.ts';
import { type Artifact, type Artifacts, type KubeObject, keyOf, nameOf, type SourceRef, type Wake } from '../core/index.ts';
import type { ObjectChange, WakeRule } from '../engine/index.ts';
import { sourceRefOf } from './kustomization-spec.ts';

/** A Kustomization runs when its source has another artifact, and when something it depends on went on. */
export function kustomizationWakes(list: () => readonly Kustomization[]): WakeRule[] {
  return [
    ...sourceKinds.map((on) => ({
      on,
      because: 'the source has another artifact',
      keys: ({ before, after }: ObjectChange) => {
        if (isDeepStrictEqual(artifactOf(before), artifactOf(after))) return [];
        const changed = after ?? before;
        return changed === null ? [] : keysOn({ kind: on.kind, ...nameOf(changed) }, list());
      },
    })),
    {
      on: kustomizationKind,
      because: 'a dependency changed',
      keys: ({ before, after }) => {
        const changed = after ?? before;
        if (changed === null) return [];
        const key = keyOf(changed);
        const depending = list().filter(({ spec }) => spec.dependsOn !== undefined);
        const dependents = depending.filter((one) => dependencyKeys(one as KubeObject).includes(key));
        // An expression may ask for any field.
        const woken = isDeepStrictEqual(dependencyFacts(before), dependencyFacts(after))
          ? dependents.filter((one) => asksByExpression(one as KubeObject, keyOf(changed)))
          : dependents;
        return woken.map(keyOf);
      },
    },
  ];
}

/**
 * The same artifacts, but an artifact that was made again without a new revision (after a restart) wakes the Kustomizations of its
 * source: no status changes then that would.
 */
export function wakeOnArtifacts(
  artifacts: Artifacts,
  { list, source, wake }: { list(): readonly Kustomization[]; source(ref: SourceRef): KubeObject | undefined; wake: Wake },
): Artifacts {
  return {
    get: (ref, revision) => artifacts.get(ref, revision),
    drop: (ref) => artifacts.drop(ref),
    put(ref: SourceRef, artifact: Artifact) {
      const isNews = artifacts.get(ref, artifact.revision) === null;
      artifacts.put(ref, artifact);
      if (!isNews || revisionOf(source(ref)) !== artifact.revision) return;
      for (const one of list().filter((candidate) => isOn(candidate, ref)))
        wake({ kind: one.kind, ...nameOf(one as KubeObject) }, 'the artifact of the source is there again');
    },
  };
}

export function revisionOf(source: KubeObject | undefined): string | undefined {
  return (source?.['status'] as { artifact?: { revision?: string } } | undefined)?.artifact?.revision;
}

function keysOn(source: SourceRef, all: readonly Kustomization[]): string[] {
  return all.filter((one) => isOn(one, source)).map(keyOf);
}

function isOn(kustomization: Kustomization, source: SourceRef): boolean {
  return isDeepStrictEqual(sourceRefOf(kustomization), { kind: source.kind, namespace: source.namespace, name: source.name });
}

function asksByExpression(one: KubeObject, key: string): boolean {
  return dependencyKeys(one).some((dependency, index) => dependency === key && readyExpressionOf(one, index) !== null);
}

function artifactOf(object: KubeObject | null): unknown {
  const { artifact } = (object?.['status'] ?? {}) as { artifact?: { revision?: string; digest?: string } };
  return [object === null, artifact?.revision, artifact?.digest];
}

function dependencyFacts(object: KubeObject | null): unknown {
  const { status, metadata } = (object ?? {}) as Partial<Kustomization>;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return [
    object === null,
    metadata?.generation,
    metadata?.deletionTimestamp,
    status?.observedGeneration,
    ready,
    status?.lastAppliedRevision,
  ];
}
