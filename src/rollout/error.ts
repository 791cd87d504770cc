import { TagalongError } from '../core/index.ts';

/**
 * - REQUEST_INVALID: what a person asked for in an annotation cannot be read.
 * - GUARD_FILE: the file of a guard cannot be edited where it would have to be.
 */
export type RolloutErrorCode = 'REQUEST_INVALID' | 'GUARD_FILE';

/** What goes wrong while bumps are followed or taken back. */
export class RolloutError extends TagalongError<RolloutErrorCode> {}
