import { type GitRepository, gitRepositoryKind } from './git-repository.ts';
import { type ImagePolicy, imagePolicyKind } from './image-policy.ts';
import { type ImageRepository, imageRepositoryKind } from './image-repository.ts';
import { type ImageUpdateAutomation, imageUpdateAutomationKind } from './image-update-automation.ts';
import { type Kustomization, kustomizationKind } from './kustomization.ts';
import { type Rollout, rolloutKind } from './rollout.ts';
import { type UpdateGuard, updateGuardKind } from './update-guard.ts';

/** Group, version, kind and plural of what this process reconciles. */
export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: keyof ResourceByKind;
  readonly plural: string;
}

/** The type of an object by its kind. */
export interface ResourceByKind {
  GitRepository: GitRepository;
  Kustomization: Kustomization;
  ImageRepository: ImageRepository;
  ImagePolicy: ImagePolicy;
  ImageUpdateAutomation: ImageUpdateAutomation;
  UpdateGuard: UpdateGuard;
  Rollout: Rollout;
}

/** An object of any kind that is served. */
export type Resource = ResourceByKind[keyof ResourceByKind];

/** Every kind that is served, in the order in which a change travels. */
export const servedKinds: readonly ServedKind[] = [
  gitRepositoryKind,
  kustomizationKind,
  imageRepositoryKind,
  imagePolicyKind,
  imageUpdateAutomationKind,
  updateGuardKind,
  rolloutKind,
];
