import type { Kustomization } from '../api/index.ts';
import { difference, inventoryOf } from '../apply/index.ts';
import { type Difference, describeRef, type StepContext } from '../core/index.ts';
import { redactRevealed } from '../decrypt/index.ts';
import { manifestsOf } from './kustomization-apply.ts';
import type { Identities, OwnKustomizationDeps } from './kustomization-identity.ts';
import type { KustomizationPlan } from './kustomization-plan.ts';
import { previewObjects } from './kustomization-preview-objects.ts';
import { planPrune } from './kustomization-prune.ts';
import { inventoryOfStatus } from './kustomization-spec.ts';
import { withoutStrayNamespaces } from './stray-namespaces.ts';

interface Parts {
  readonly identities: Identities;
  readonly deps: OwnKustomizationDeps;
}

/** Compares the build with the history, tries the applies without keeping them, and looks at what would be deleted. */
export async function previewKustomization(
  plan: KustomizationPlan,
  kustomization: Kustomization,
  context: StepContext,
  { identities, deps }: Parts,
): Promise<readonly Difference[]> {
  if (plan.do === 'ask source') deps.requestArtifact(plan.source);
  if (plan.do !== 'apply') return compareReady(plan, kustomization);
  const acting = await identities(kustomization, context.signal);
  const manifests = await withoutStrayNamespaces(manifestsOf(kustomization, plan.build), acting.cluster);
  const stale = kustomization.spec.prune ? difference(inventoryOfStatus(kustomization), inventoryOf(manifests)) : [];
  const pruned = await planPrune({ kustomization, stale, artifact: plan.artifact }, context, acting);
  return [
    ...compareBuild(plan, kustomization),
    ...(await previewObjects(kustomization, manifests, context, acting)).map((one) => withoutSecrets(one, plan.build.revealed)),
    ...pruned.map((ref): Difference => ({ kind: 'prune', subject: describeRef(ref), message: 'would be deleted' })),
  ];
}

/** The server may quote what it refuses. */
function withoutSecrets(found: Difference, revealed: ReadonlySet<string>): Difference {
  return revealed.size === 0 ? found : { ...found, message: redactRevealed(found.message, revealed) };
}

/** What waits or stalls here and is ready there. */
function compareReady(plan: Exclude<KustomizationPlan, { do: 'apply' }>, { status }: Kustomization): readonly Difference[] {
  // Where its source comes to it, another run follows at once.
  if (plan.do === 'ask source') return [{ kind: 'failure', message: `could not be compared: ${plan.because}` }];
  const isReady = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
  return isReady ? [{ kind: 'failure', message: `would ${plan.do} (${plan.reason}): ${plan.because}` }] : [];
}

type ApplyPlan = Extract<KustomizationPlan, { do: 'apply' }>;

/** By the digest that the last successful run of that revision left in `status.history`. */
function compareBuild({ of: { revision }, build }: ApplyPlan, { status }: Kustomization): readonly Difference[] {
  if (status?.lastAppliedRevision !== revision)
    return [
      { kind: 'source', message: `would apply ${revision}; status has ${status?.lastAppliedRevision ?? 'nothing'} applied` },
    ];
  const runs = (status.history ?? []).filter(({ metadata }) => metadata?.['revision'] === revision);
  const [latest] = runs;
  if (latest === undefined || latest.digest === build.digest) return [];
  return [{ kind: 'build', message: `${revision} builds ${build.digest}; status.history has ${latest.digest}` }];
}
