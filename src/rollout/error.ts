import { TagalongError } from '../core/index.ts';

/** AUTOMATION_MISSING: the automation that made a bump is gone, and with it the way to its repository. */
export type RolloutErrorCode = 'AUTOMATION_MISSING';

/** What goes wrong while bumps are followed. */
export class RolloutError extends TagalongError<RolloutErrorCode> {}
