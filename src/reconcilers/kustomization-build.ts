import type { Kustomization } from '../api/index.ts';
import type { Build, Builder } from '../build/index.ts';
import type { Artifact } from '../core/index.ts';

export interface BuildTools {
  readonly builder: Builder;
  readonly signal: AbortSignal;
}

/** What a Kustomization yields at an artifact, all of its spec considered. Throws `BuildError`. */
export function buildKustomization({ spec }: Kustomization, artifact: Artifact, { builder, signal }: BuildTools): Promise<Build> {
  const { targetNamespace, namePrefix, nameSuffix, patches, components, ignoreMissingComponents, images, buildMetadata } = spec;
  const additions = {
    ...{ targetNamespace, namePrefix, nameSuffix, patches },
    ...{ components, ignoreMissingComponents, images, buildMetadata },
  };
  return builder.build({ artifact, path: spec.path, additions, signal });
}
