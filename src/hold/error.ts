import { TagalongError } from '../core/index.ts';

/** HISTORY_UNAVAILABLE: the history that would show whether a version was taken back cannot be read to its end; nothing is bumped. */
export type HoldErrorCode = 'HISTORY_UNAVAILABLE';

export class HoldError extends TagalongError<HoldErrorCode> {
  constructor(message: string, cause?: unknown) {
    super('HISTORY_UNAVAILABLE', message, { reason: 'HistoryUnavailable', ...(cause === undefined ? {} : { cause }) });
  }
}
