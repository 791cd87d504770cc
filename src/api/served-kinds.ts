import { type Bucket, bucketKind } from './bucket.ts';
import { type ExternalArtifact, externalArtifactKind } from './external-artifact.ts';
import { type GitRepository, gitRepositoryKind } from './git-repository.ts';
import { type ImagePolicy, imagePolicyKind } from './image-policy.ts';
import { type ImageRepository, imageRepositoryKind } from './image-repository.ts';
import { type ImageUpdateAutomation, imageUpdateAutomationKind } from './image-update-automation.ts';
import { type Kustomization, kustomizationKind } from './kustomization.ts';
import { type OciRepository, ociRepositoryKind } from './oci-repository.ts';
import { type Receiver, receiverKind } from './receiver.ts';
import { type Rollout, rolloutKind } from './rollout.ts';
import { type UpdateGuard, updateGuardKind } from './update-guard.ts';

/** Group, version, kind and plural of what this process reconciles, or reads of others. */
export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: keyof ResourceByKind;
  readonly plural: string;
}

/** The type of an object by its kind. */
export interface ResourceByKind {
  GitRepository: GitRepository;
  OCIRepository: OciRepository;
  Bucket: Bucket;
  ExternalArtifact: ExternalArtifact;
  Kustomization: Kustomization;
  ImageRepository: ImageRepository;
  ImagePolicy: ImagePolicy;
  ImageUpdateAutomation: ImageUpdateAutomation;
  Receiver: Receiver;
  UpdateGuard: UpdateGuard;
  Rollout: Rollout;
}

/** An object of any kind that is served. */
export type Resource = ResourceByKind[keyof ResourceByKind];

/** Every kind that is served, in the order in which a change travels. */
export const servedKinds: readonly ServedKind[] = [
  gitRepositoryKind,
  ociRepositoryKind,
  bucketKind,
  externalArtifactKind,
  kustomizationKind,
  imageRepositoryKind,
  imagePolicyKind,
  imageUpdateAutomationKind,
  receiverKind,
  updateGuardKind,
  rolloutKind,
];

/** The kinds that a Kustomization can be built from. */
export const sourceKinds = [gitRepositoryKind, ociRepositoryKind, bucketKind, externalArtifactKind] as const;
