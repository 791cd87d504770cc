import { TagalongError } from '../core/index.ts';

/**
 * USAGE: the command line or a file that it names is not valid. NOT_FOUND: no such object. FAILED: what was asked for did not happen.
 * TIMEOUT: it did not happen in time. NO_CLUSTER: no kubeconfig is to be found.
 */
export type CliErrorCode = 'USAGE' | 'NOT_FOUND' | 'FAILED' | 'TIMEOUT' | 'NO_CLUSTER';

export class CliError extends TagalongError<CliErrorCode> {
  constructor(code: CliErrorCode, message: string, cause?: unknown) {
    super(code, message, { retry: 'never', ...(cause === undefined ? {} : { cause }) });
  }
}
