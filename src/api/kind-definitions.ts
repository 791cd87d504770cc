import { bucketDefinition } from './bucket-definition.ts';
import { externalArtifactDefinition } from './external-artifact-definition.ts';
import { gitRepositoryDefinition } from './git-repository-definition.ts';
import { imagePolicyDefinition } from './image-policy-definition.ts';
import { imageRepositoryDefinition } from './image-repository-definition.ts';
import { imageUpdateAutomationDefinition } from './image-update-automation-definition.ts';
import type { KindDefinition } from './kind-definition.ts';
import { kustomizationDefinition } from './kustomization-definition.ts';
import { ociRepositoryDefinition } from './oci-repository-definition.ts';
import { receiverDefinition } from './receiver-definition.ts';
import { rolloutDefinition } from './rollout-definition.ts';
import type { ResourceByKind } from './served-kinds.ts';
import { updateGuardDefinition } from './update-guard-definition.ts';

/** Everything that is known about each kind that is served. */
export const kindDefinitions: Readonly<Record<keyof ResourceByKind, KindDefinition>> = {
  GitRepository: gitRepositoryDefinition,
  OCIRepository: ociRepositoryDefinition,
  Bucket: bucketDefinition,
  ExternalArtifact: externalArtifactDefinition,
  Kustomization: kustomizationDefinition,
  ImageRepository: imageRepositoryDefinition,
  ImagePolicy: imagePolicyDefinition,
  ImageUpdateAutomation: imageUpdateAutomationDefinition,
  Receiver: receiverDefinition,
  UpdateGuard: updateGuardDefinition,
  Rollout: rolloutDefinition,
};
