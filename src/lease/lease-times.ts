/** All in milliseconds. A holder that cannot renew stops `durationMs - deadlineMs` before anybody else may begin. */
export interface LeaseTimes {
  /** How long others wait for a silent holder. */
  readonly durationMs: number;
  /** How long a holder goes on without having renewed. */
  readonly deadlineMs: number;
  /** Between two renewals. */
  readonly renewMs: number;
  /** Between two looks of somebody who waits, and after a failure. */
  readonly retryMs: number;
}

/** The duration and the deadline of Kubernetes' own controllers. */
export const leaseTimes: LeaseTimes = { durationMs: 15_000, deadlineMs: 10_000, renewMs: 4_000, retryMs: 2_000 };
