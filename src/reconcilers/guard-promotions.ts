import {
  type GitRepository,
  type ImagePolicy,
  type ImageUpdateAutomation,
  type Kustomization,
  matchesSelector,
  type UpdateGuard,
} from '../api/index.ts';
import { formatKey, isUnder, keyOf, type NamespacedName, nameOf } from '../core/index.ts';
import { remoteKey } from '../git/index.ts';
import { bindGuards, findPromotionLoops, type KnownGuard, type Promotion } from '../guard/index.ts';
import { repositoryOf } from './policy-repository.ts';
import { cleanSourcePath } from './source-path.ts';

/** Where the markers of a policy stand: a file on a branch of a repository. */
export interface MarkerPlace {
  readonly policy: string;
  readonly repository: string;
  readonly branch: string;
  readonly file: string;
}

export interface PromotionFacts {
  readonly guards: readonly KnownGuard[];
  readonly guardNamespace: string;
  readonly policies: readonly ImagePolicy[];
  readonly automations: readonly ImageUpdateAutomation[];
  readonly kustomizations: readonly Kustomization[];
  readonly sources: readonly GitRepository[];
  readonly places: readonly MarkerPlace[];
}

type Requirement = NonNullable<UpdateGuard['spec']['requires']>[number];

/** The promotions of a guard that can never come true, one sentence a policy. */
export function describePromotionLoops(guard: KnownGuard, facts: PromotionFacts): string[] {
  if (guard.compiled.kind !== 'guard' || (guard.compiled.guard.spec.requires ?? []).length === 0) return [];
  const own = keyOf(guard.resource);
  const promotions = new Map(facts.policies.map((policy) => [keyOf(policy), promotionsOf(policy, facts)]));
  const loops = findPromotionLoops([...promotions.keys()], (policy) => promotions.get(policy) ?? []);
  return [...loops]
    .filter(([policy]) => promotions.get(policy)?.some((promotion) => promotion.guard === own))
    .map(([policy, way]) => `policy ${policy} would have to be healthy before it can land: ${way.join(' → ')}`);
}

function promotionsOf(policy: ImagePolicy, facts: PromotionFacts): Promotion[] {
  const { guards } = bindGuards(facts.guards, policy, facts.guardNamespace);
  return guards.flatMap(({ name, spec }) =>
    (spec.requires ?? []).map((requirement) => ({
      guard: formatKey(name),
      provenBy: provenBy(name, requirement, policy, facts),
    })),
  );
}

/** Only a policy of the same image can bring the same digest. Nothing found means that nothing is known yet. */
function provenBy(guard: NamespacedName, requirement: Requirement, policy: ImagePolicy, facts: PromotionFacts): string[] | null {
  if (requirement.kubeConfig !== undefined) return null;
  const feeding = facts.policies.filter(
    (other) => formatKey(repositoryOf(other)) === formatKey(repositoryOf(policy)) && feeds(other, guard, requirement, facts),
  );
  return feeding.length === 0 ? null : feeding.map(keyOf);
}

function feeds(policy: ImagePolicy, guard: NamespacedName, requirement: Requirement, facts: PromotionFacts): boolean {
  const { kustomizationRef, rolloutSelector } = requirement;
  if (kustomizationRef !== undefined) {
    const name = { namespace: kustomizationRef.namespace ?? guard.namespace, name: kustomizationRef.name };
    return isApplied(policy, name, facts);
  }
  if (policy.metadata.namespace !== guard.namespace) return false;
  // A Rollout has the labels of its automation and of its policy.
  const automations = facts.automations.filter(({ metadata }) => metadata.namespace === guard.namespace);
  const labels = [{}, ...automations.map(({ metadata }) => metadata.labels ?? {})];
  return labels.some((own) => matchesSelector({ ...own, ...policy.metadata.labels }, rolloutSelector));
}

/** Whether one of its markers stands below the path that the Kustomization applies. */
function isApplied(policy: ImagePolicy, name: NamespacedName, { kustomizations, sources, places }: PromotionFacts): boolean {
  const kustomization = kustomizations.find((one) => keyOf(one) === formatKey(name));
  if (kustomization === undefined || kustomization.spec.sourceRef.kind !== 'GitRepository') return false;
  const { sourceRef, path } = kustomization.spec;
  const sourceName = { namespace: sourceRef.namespace ?? nameOf(kustomization).namespace, name: sourceRef.name };
  const source = sources.find((one) => keyOf(one) === formatKey(sourceName));
  if (source === undefined) return false;
  const folder = folderOf(path);
  if (folder === null) return false;
  const [repository, branch] = [remoteKey(source.spec.url), source.spec.ref?.branch ?? 'master'];
  return places.some(
    (place) =>
      place.policy === keyOf(policy) && place.repository === repository && place.branch === branch && isUnder(place.file, folder),
  );
}

/** Null for a path that leaves the repository: nothing is applied from there. */
function folderOf(path: string | undefined): string | null {
  try {
    return cleanSourcePath(path, 'spec.path');
  } catch {
    return null;
  }
}
