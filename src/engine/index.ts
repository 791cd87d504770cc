export { type BackoffLimits, decideRetry, defaultBackoff, jitterInterval } from './backoff.ts';
export { Engine, type EngineOptions, type FinishedRun, type Registration, type WakeRule } from './engine.ts';
export { EngineError } from './error.ts';
export { createEventRecorder, type EventRecorder } from './event-recorder.ts';
export { applyMergePatch, diffMergePatch } from './merge-patch.ts';
export { ObjectCache, type ObjectChange } from './object-cache.ts';
export type { Observation, Observed } from './observe-object.ts';
export { planResource } from './plan-resource.ts';
export { WorkQueue } from './work-queue.ts';
