import { type ImagePolicy, type ImageRepository, imagePolicyKind, imageRepositoryKind, kustomizationKind } from '../api/index.ts';
import { type CheckAddress, createCloudLogins } from '../auth/index.ts';
import { formatKey, type NamespacedName } from '../core/index.ts';
import { createEventRecorder } from '../engine/index.ts';
import { controllerGroups } from '../lease/index.ts';
import {
  createImagePolicyReconciler,
  createImageRepositoryReconciler,
  createTagLists,
  type Guards,
  imagePolicyWakes,
  imageRepositoryWakes,
  observeListings,
  policyGuardWakes,
  registerGuards,
} from '../reconcilers/index.ts';
import { registrationOf } from './gates.ts';
import type { Parts } from './parts.ts';

/** The scanner and the chooser. */
export function registerImages({ options, engine, registry, store }: Parts, guards: Guards): void {
  const registration = registrationOf(options, 'image-reflector-controller');
  const { cluster } = registration;
  const logins = createCloudLogins({ clock: options.clock });
  const listPolicies = () => engine.cache(imagePolicyKind).list() as ImagePolicy[];
  const listRepositories = () => engine.cache(imageRepositoryKind).list() as ImageRepository[];
  const find = (name: NamespacedName) => engine.cache(imageRepositoryKind).get(formatKey(name)) as ImageRepository | undefined;
  const kept = createTagLists(store);
  options.room?.subscribe((enough) => enough || kept.forget());
  const { tagLists, findRepository } =
    options.observed === undefined
      ? { tagLists: kept, findRepository: find }
      : observeListings(kept, find, { listPolicies, wake: engine.wake });
  const scanner = createImageRepositoryReconciler({ cluster, registry, tagLists, logins, listPolicies });
  engine.register(scanner, { ...registration, wakes: imageRepositoryWakes(listRepositories) });
  const chooser = createImagePolicyReconciler({
    ...{ cluster, registry, tagLists, logins, findRepository },
    guards: guards.selection,
    noCrossNamespaceRefs: options.tenancy?.noCrossNamespaceRefs === true,
  });
  engine.register(chooser, { ...registration, wakes: [...imagePolicyWakes(listPolicies), ...policyGuardWakes(guards)] });
}

/** Guards bind whoever runs the image controllers, whatever else runs. */
export function createGuards({ options, engine, registry, store, remotes }: Parts, checkAddress: CheckAddress): Guards {
  const { home, clock, log, namespace, guardNamespace = defaultGuardNamespace } = options;
  const registration = registrationOf(options, 'image-automation-controller');
  const recorder = createEventRecorder({ cluster: home, component: registration.component, clock, log });
  return registerGuards({
    ...{ engine, registration, home, registry, store, clock, remotes, checkAddress, guardNamespace, recorder },
    logins: createCloudLogins({ clock }),
    noCrossNamespaceRefs: options.tenancy?.noCrossNamespaceRefs === true,
    follows: ({ kind }) => kind !== kustomizationKind.kind || (options.controllers ?? controllerGroups).includes('kustomize'),
    ...(namespace === undefined ? {} : { namespace }),
  });
}

const defaultGuardNamespace = 'flux-system';
