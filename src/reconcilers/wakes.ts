import { isDeepStrictEqual } from 'node:util';
import {
  type GitRepository,
  gitRepositoryKind,
  type ImagePolicy,
  type ImageRepository,
  type ImageUpdateAutomation,
  imagePolicyKind,
  imageRepositoryKind,
  requestAnnotation,
  updateGuardKind,
  writeFromAnnotation,
} from '../api/index.ts';
import { formatKey, type KubeObject, keyOf } from '../core/index.ts';
import type { ObjectChange, WakeRule } from '../engine/index.ts';
import { sourceOf } from './automation-source.ts';
import { repositoryOf } from './policy-repository.ts';

/** A policy runs when its repository has other tags, or came or went. */
export function imagePolicyWakes(listPolicies: () => readonly ImagePolicy[]): WakeRule[] {
  const scanOf = (object: KubeObject | null) => (object as ImageRepository | null)?.status?.lastScanResult?.revision;
  return [
    {
      on: imageRepositoryKind,
      because: 'the tags of the image repository changed',
      keys: (change) => {
        if (isSame(change, (object) => [object === null, scanOf(object), specOf(object)])) return [];
        return listPolicies()
          .filter((policy) => formatKey(repositoryOf(policy)) === changedKey(change))
          .map(keyOf);
      },
    },
  ];
}

/** A repository whose listing is not believed is looked at again when a policy that may be the reason changes. */
export function imageRepositoryWakes(listRepositories: () => readonly ImageRepository[]): WakeRule[] {
  return [
    {
      on: imagePolicyKind,
      because: 'a policy of this image changed, and its listing is not believed',
      keys: (change) => {
        if (isSame(change, (object) => [specOf(object), object?.metadata.annotations])) return [];
        const policy = (change.after ?? change.before) as ImagePolicy | null;
        const key = policy === null ? '' : formatKey(repositoryOf(policy));
        return listRepositories()
          .filter((repository) => keyOf(repository) === key && isDoubted(repository))
          .map(keyOf);
      },
    },
  ];
}

function isDoubted({ status }: ImageRepository): boolean {
  return status?.conditions?.some(({ type, reason }) => type === 'Ready' && reason === 'ListingDistrusted') ?? false;
}

/** An automation runs when a policy of its namespace answers otherwise, and when its branch or the way to it changed. */
export function automationWakes(listAutomations: () => readonly ImageUpdateAutomation[]): WakeRule[] {
  return [
    {
      on: imagePolicyKind,
      because: 'an image policy changed',
      keys: (change) => {
        if (isSame(change, policyFacts)) return [];
        const namespace = (change.after ?? change.before)?.metadata.namespace;
        return listAutomations()
          .filter(({ metadata }) => metadata.namespace === namespace)
          .map(keyOf);
      },
    },
    {
      on: gitRepositoryKind,
      because: 'the source changed',
      keys: (change) => {
        if (isSame(change, sourceFacts)) return [];
        return listAutomations()
          .filter((automation) => formatKey(sourceOf(automation)) === changedKey(change))
          .map(keyOf);
      },
    },
  ];
}

function sourceFacts(object: KubeObject | null): unknown {
  const source = object as GitRepository | null;
  return [specOf(object), source?.status?.artifact?.revision, source?.metadata.annotations?.[writeFromAnnotation]];
}

function policyFacts(object: KubeObject | null): unknown {
  const policy = object as ImagePolicy | null;
  return [
    policy?.status?.latestRef,
    policy?.metadata.labels,
    policy?.metadata.annotations,
    policy?.metadata.deletionTimestamp,
    specOf(object),
  ];
}

function specOf(object: KubeObject | null): unknown {
  return object?.['spec'];
}

function isSame({ before, after }: ObjectChange, facts: (object: KubeObject | null) => unknown): boolean {
  return isDeepStrictEqual(facts(before), facts(after));
}

function changedKey({ before, after }: ObjectChange): string {
  const object = after ?? before;
  return object === null ? '' : keyOf(object);
}

/** An automation runs when a person asks for an entry in the file of a guard: which of them writes that file is found out then. */
export function automationRequestWakes(listAutomations: () => readonly ImageUpdateAutomation[]): WakeRule[] {
  return [
    {
      on: updateGuardKind,
      because: 'a hold was asked for',
      keys: (change) => (isSame(change, requestOf) ? [] : listAutomations().map(keyOf)),
    },
  ];
}

function requestOf(object: KubeObject | null): unknown {
  return object?.metadata.annotations?.[requestAnnotation];
}
