export { findUnrelatedFailure } from './breaker.ts';
export { type Bump, bumpsOf, imageOfChanges, isSamePlace, type MarkersOfFile } from './changes.ts';
export { chooseVersion, type FileVersion, type Step, type VersionChoice } from './choose-version.ts';
export { decideUndo, type UndoDecision, type UndoFacts } from './decide-undo.ts';
export { RolloutError, type RolloutErrorCode } from './error.ts';
export { fingerprintOf, masksOf, templateFingerprint } from './fingerprint.ts';
export { type HealthQuestion, healthySince } from './healthy-since.ts';
export { type Hop, hopsOf, outcomesOf } from './hops.ts';
export { isLandedImage, isSameRepository, type LandedImage, parseImageText } from './image.ts';
export {
  isApplied,
  type Joined,
  joinFacts,
  nameOfWorkload,
  type RolloutFacts,
  type SeenWorkload,
  type Standing,
} from './join-facts.ts';
export { type Evidence, judgePod, type PodJudgement } from './judge-pod.ts';
export { judgeWorkload, type WorkloadFacts, type WorkloadJudgement } from './judge-workload.ts';
export { enter, enteredAt, firstPhases, isEnded, isUnderWay, type PhaseEntry } from './phases.ts';
export { findPlace, type InversePlan, planInverse } from './plan-inverse.ts';
export { isReadyPod, type Pod } from './pod.ts';
export {
  type Answer,
  formatAnswer,
  formatRequest,
  type HoldRequest,
  parseAnswer,
  parseRequest,
  type Request,
  type RollbackRequest,
  type UnholdRequest,
} from './request.ts';
