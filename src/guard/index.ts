export { answersOf, deliveryOf, type GuardAnswers } from './answers.ts';
export { type Binding, bindGuards, isInReach, type KnownGuard, selectPolicies } from './bind-guards.ts';
export { type CompiledGuard, compileGuard, type Guard } from './compile-guard.ts';
export { type Bump, decideBump } from './decide-bump.ts';
export { findContradictions } from './find-contradictions.ts';
export type { HoldEntry } from './find-hold-entry.ts';
export { findPromotionLoops, type Promotion } from './find-promotion-loops.ts';
export { type GuardReason, type GuardReasonCode, refuse, waitFor, wakeTimeOf } from './guard-reason.ts';
export { formatLandings, type Landing, parseLandings } from './land-token.ts';
