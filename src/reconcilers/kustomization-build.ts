import type { Kustomization } from '../api/index.ts';
import type { Build, Builder } from '../build/index.ts';
import type { Artifact, Cluster } from '../core/index.ts';
import { type DecryptionTools, readDecryption } from './kustomization-decryption.ts';
import { readVariables } from './kustomization-variables.ts';

export interface BuildTools {
  readonly builder: Builder;
  /** Where Kustomizations live, and what they take variables and keys from. */
  readonly home: Pick<Cluster, 'get' | 'createToken'>;
  readonly decryption: DecryptionTools;
  readonly signal: AbortSignal;
  /** What a variable is that is not set: by default an error. */
  readonly unset?: 'error' | 'empty';
}

/** What a Kustomization yields at an artifact, all of its spec considered. Throws `BuildError` and `DecryptError`. */
export async function buildKustomization(kustomization: Kustomization, artifact: Artifact, tools: BuildTools): Promise<Build> {
  const { builder, signal } = tools;
  const { path } = kustomization.spec;
  const decryption = await readDecryption(kustomization, { home: tools.home, tools: tools.decryption, signal });
  const variables = await readVariables(kustomization, tools);
  const substitution = variables && { ...variables, ...(tools.unset === undefined ? {} : { unset: tools.unset }) };
  return builder.build({ artifact, path, additions: additionsOf(kustomization), substitution, decryption, signal });
}

function additionsOf({ spec }: Kustomization) {
  const { targetNamespace, namePrefix, nameSuffix, patches, components, ignoreMissingComponents, images, buildMetadata } = spec;
  return {
    ...{ targetNamespace, namePrefix, nameSuffix, patches },
    ...{ components, ignoreMissingComponents, images, buildMetadata },
  };
}
