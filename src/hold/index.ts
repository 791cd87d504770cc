export { createHoldFinder, type HoldAnswer, type HoldFinder, type HoldQuestion } from './create-hold-finder.ts';
export { type Direction, type DirectionQuestion, decideDirection } from './decide-direction.ts';
export { decideHold, type HoldDecision, type Transition } from './decide-hold.ts';
export { describeHold, describeRelease, describeReverts } from './describe-hold.ts';
export { HoldError, type HoldErrorCode } from './error.ts';
export type { HistoryMirror } from './find-transitions.ts';
export { keepKnownHold } from './keep-known-holds.ts';
export type { LastPush, PushedEdit } from './last-push.ts';
export { type HeldLine, parseHeldLine } from './parse-held-line.ts';
export { isReleasedBy, type ReleaseQuestion, releaseToken } from './release-token.ts';
export {
  automationTrailer,
  followsPolicy,
  landedByTrailer,
  landedTrailer,
  parseTrailers,
  reasonTrailer,
  rollbackTrailer,
  type Trailer,
} from './trailers.ts';
export { describeUnreadable, parseUnreadableLine, type UnreadableLine } from './unreadable-line.ts';
export { type OrderTags, tagOf, type Version } from './version.ts';
export { withholdWholeDocuments } from './withhold-whole-documents.ts';
