import { type UpdateGuard, updateGuardKind } from '../api/index.ts';
import type { Clock } from '../core/index.ts';
import type { Engine, Registration } from '../engine/index.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { createRolloutReconciler } from './rollout.ts';
import type { RolloutProgress, RolloutSight } from './rollout-deps.ts';
import { offerCommit } from './rollout-offer.ts';
import { createUnhealthyRules } from './rollout-rule.ts';
import { rolloutWakes, rolloutWakesOnKustomizations } from './rollout-wakes.ts';
import { createRolloutWatches } from './rollout-watches.ts';
import { openRolloutWriter } from './rollout-writer.ts';

export interface RolloutRegistration {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly registration: Registration;
  readonly sight: RolloutSight;
  /** What automations write with: bumps are undone the same way. */
  readonly automations: AutomationDeps;
  readonly guardNamespace: string;
  readonly followsKustomizations: boolean;
  onProgress(progress: RolloutProgress): void;
}

/** From the engine's start on, every Rollout is followed; returns what has to be stopped. */
export function registerRollouts(options: RolloutRegistration): { stop(): Promise<void> } {
  const { engine, clock, registration, sight, automations, guardNamespace, followsKustomizations, onProgress } = options;
  const watches = createRolloutWatches({ wake: engine.wake });
  const listGuards = () => engine.cache(updateGuardKind).list() as UpdateGuard[];
  const reconciler = createRolloutReconciler({
    ...sight,
    watches,
    unhealthyRuleOf: createUnhealthyRules({ listGuards, findPolicy: sight.findPolicy, guardNamespace, clock }),
    openWriter: (automation, context) => openRolloutWriter(automation, context, automations),
    onPushed: automations.onPushed,
    offer: (automation, writer, offered, context) => offerCommit(automation, writer, offered, context, automations),
    onProgress,
  });
  const onKustomizations = followsKustomizations ? [rolloutWakesOnKustomizations(sight)] : [];
  engine.register(reconciler, { ...registration, wakes: [...rolloutWakes(sight), ...onKustomizations] });
  return watches;
}
