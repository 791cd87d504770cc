import { type Kustomization, kustomizationKind } from '../api/index.ts';
import { nameOf, type Reconciler, type StepContext } from '../core/index.ts';
import { withoutRevealed } from './kustomization-decryption.ts';
import { describeFailure, failureOf } from './kustomization-failure.ts';
import { finalizeKustomization } from './kustomization-finalize.ts';
import { HealthWaits } from './kustomization-health.ts';
import { createIdentities, type Identities, type OwnKustomizationDeps } from './kustomization-identity.ts';
import { type KustomizationSeen, lookAt } from './kustomization-look.ts';
import { decideKustomization, type KustomizationPlan } from './kustomization-plan.ts';
import { previewKustomization } from './kustomization-preview.ts';
import { createRecordBook } from './kustomization-records.ts';
import { progressing, reportKustomization } from './kustomization-report.ts';
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
    stages: new Map(),
  };
  return {
    kind: kustomizationKind,
    progressingMessage: progressing.message,
    observe: (resource, context) => lookAt(resource, context, deps),
    decide: decideKustomization,
    act: (plan, resource, context) => act(plan, resource, context, { memory, identities, deps }),
    preview: (plan, resource, context) => previewKustomization(plan, resource, context, { identities, deps }),
    report: reportKustomization,
    describeFailure,
    async finalize(resource, context) {
      const acting = await identities(resource, context.signal);
      await finalizeKustomization(resource, context, { ...memory, deps: acting }, deps);
      deps.drift.forget(nameOf(resource));
      deps.remotes.forget(nameOf(resource));
    },
  };
}

interface Parts {
  readonly memory: Omit<KustomizationMemory, 'deps'>;
  readonly identities: Identities;
  readonly deps: OwnKustomizationDeps;
}

async function act(
  plan: KustomizationPlan,
  resource: Kustomization,
  context: StepContext,
  { memory, identities, deps }: Parts,
): Promise<RunDone | null> {
  if (plan.do === 'ask source') deps.requestArtifact(plan.source);
  if (plan.do !== 'apply') return null;
  const acting = await identities(resource, context.signal).catch((error: unknown) => {
    context.signal.throwIfAborted();
    throw failureOf(resource, error, { of: plan.of, startedAt: plan.startedAt, now: context.clock.now() });
  });
  return runPlan(plan, resource, context, { ...memory, deps: acting }).catch((error: unknown) => {
    throw withoutRevealed(error, plan.build.revealed);
  });
}
