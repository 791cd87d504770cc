import type { Artifact, Artifacts, SourceRef } from '../core/index.ts';

/** The artifacts of this process, in memory: a source makes its own again after a restart. One for each source, the newest. */
export function createArtifacts(): Artifacts {
  const artifacts = new Map<string, Artifact>();
  return {
    put: (source, artifact) => void artifacts.set(keyOf(source), artifact),
    get: (source, revision) => {
      const artifact = artifacts.get(keyOf(source));
      return artifact?.revision === revision ? artifact : null;
    },
    drop: (source) => void artifacts.delete(keyOf(source)),
  };
}

function keyOf({ kind, namespace, name }: SourceRef): string {
  return `${kind}/${namespace}/${name}`;
}
