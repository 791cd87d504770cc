import { type Kustomization, kustomizationKind } from '../api/index.ts';
import type { Reconciler, StepContext } from '../core/index.ts';
import { describeFailure } from './kustomization-failure.ts';
import { finalizeKustomization } from './kustomization-finalize.ts';
import { HealthWaits } from './kustomization-health.ts';
import { createIdentities, type OwnKustomizationDeps } from './kustomization-identity.ts';
import { type KustomizationSeen, lookAt } from './kustomization-look.ts';
import { decideKustomization, type KustomizationPlan } from './kustomization-plan.ts';
import { createRecordBook } from './kustomization-records.ts';
import { reportKustomization } from './kustomization-report.ts';
import { type KustomizationMemory, type RunDone, runPlan } from './kustomization-run.ts';

export type KustomizationReconciler = Reconciler<Kustomization, KustomizationSeen, KustomizationPlan, RunDone | null>;

/** Keeps what a path of a source holds applied, deletes what left it, and waits for health without holding a worker. */
export function createKustomizationReconciler(deps: OwnKustomizationDeps): KustomizationReconciler {
  const identities = createIdentities(deps);
  const memory: Omit<KustomizationMemory, 'deps'> = {
    records: createRecordBook(deps.store),
    waits: new HealthWaits(),
    looked: new Map(),
    manifests: new Map(),
  };
  return {
    kind: kustomizationKind,
    observe: (resource, context) => lookAt(resource, context, deps),
    decide: decideKustomization,
    act: (plan, resource, context) => act(plan, resource, context, { ...memory, deps: identities(resource) }),
    report: reportKustomization,
    describeFailure,
    finalize: (resource, context) =>
      finalizeKustomization(resource, context, { ...memory, deps: identities(resource) }, deps.cluster),
  };
}

async function act(
  plan: KustomizationPlan,
  resource: Kustomization,
  context: StepContext,
  memory: KustomizationMemory,
): Promise<RunDone | null> {
  if (plan.do === 'ask source') memory.deps.requestArtifact(plan.source);
  return plan.do === 'apply' ? runPlan(plan, resource, context, memory) : null;
}
