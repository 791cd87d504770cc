export { applyFailure, cleanupFailure, dryRunFailure, pruneFailure, recreateFailure } from './apply-failure.ts';
export { type ApplyMode, applyModeOf, hasSwitch } from './apply-mode.ts';
export { type Change, changeList, pruneList, sortChanges } from './change-list.ts';
export { cleanupPatch, type JsonPatchOperation } from './cleanup-patch.ts';
export { type ContestDecision, type ContestLedger, emptyLedger, noteDrift } from './contest-ledger.ts';
export {
  type DependencyDecision,
  type DependencyGraph,
  dependencyKeys,
  dependencyNotFound,
  dependencyReady,
  dependencyRefs,
  findCycle,
  findCycleThrough,
  readyExpressionOf,
} from './dependencies.ts';
export { differingFields } from './differing-fields.ts';
export { differs } from './differs.ts';
export { digestOf, manifestDigest } from './digest.ts';
export { type DriftDecision, type DriftRecord, type DriftRules, decideDrift, driftRecord } from './drift.ts';
export { ApplyError, type ApplyErrorCode } from './error.ts';
export { healthOf } from './health.ts';
export {
  expressionsInOrder,
  type HealthExpressions,
  healthBeforeExpressions,
  healthByExpressions,
  healthExpressionsFor,
} from './health-expressions.ts';
export type { Health, HealthStatus } from './health-result.ts';
export { type HistoryEntry, type HistoryRun, upsertHistory } from './history.ts';
export { compileIgnoreRules, type IgnoredFields, type IgnoreRule } from './ignore-rules.ts';
export { isImmutableError } from './immutable-error.ts';
export {
  apiVersionOfEntry,
  describeEntry,
  difference,
  entryOf,
  type Inventory,
  type InventoryEntry,
  inventoryId,
  inventoryOf,
  parseInventoryId,
  refOfEntry,
  union,
} from './inventory.ts';
export { leaveIgnored, withoutIgnored } from './leave-ignored.ts';
export { leaveReplicas } from './leave-replicas.ts';
export type { LostField } from './lost-fields.ts';
export { applyFieldManager, isServedGroup, messageAnnotationPrefixes, ownerLabels, switches } from './names.ts';
export { normaliseObject } from './normalise.ts';
export { compareForApply, inApplyOrder } from './order.ts';
export { type CommonMetadata, isOwnedBy, ownerOf, ownerSelector, withCommonMetadata, withOwnerLabels } from './owner-labels.ts';
export { planStages, type Stage } from './plan-stages.ts';
export { decidePrune, type PruneContext, type PruneDecision, pruneOrder } from './prune.ts';
export { type PruneBudget, type PruneFacts, pruneBudget } from './prune-budget.ts';
export {
  type HealthResult,
  type HealthSummary,
  type HealthWait,
  healthFailureText,
  healthTimeoutMs,
  mayVanish,
  summariseHealth,
} from './summarise-health.ts';
