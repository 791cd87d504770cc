import { TagalongError } from '../core/index.ts';

/** START_FAILED: the port or the state folder could not be used. STATE_DAMAGED: what the state folder holds cannot be read. REFUSED: a request's answer is an error. */
export type ControlPlaneErrorCode = 'START_FAILED' | 'STATE_DAMAGED' | 'REFUSED';

export class ControlPlaneError extends TagalongError<ControlPlaneErrorCode> {}
