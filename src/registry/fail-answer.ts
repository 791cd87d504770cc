import { type Call, failCall, secretsOf } from './call.ts';
import { describeAnswer } from './clean-text.ts';
import type { RegistryError, RegistryErrorCode } from './error.ts';
import type { HttpAnswer } from './transport.ts';

/** The error that an answer other than success is; `who` answered it: `registry`, `token service auth.example`. */
export function failAnswer(call: Call, answer: HttpAnswer, who: string): RegistryError {
  const said = describeAnswer(answer.body, secretsOf(call.access));
  const advice = adviseOn(answer.status, call);
  const text = `${who} answered ${answer.status}${said === '' ? '' : `: ${said}`}${advice === '' ? '' : ` (${advice})`}`;
  const { retryAfterMs: afterMs } = answer;
  return failCall(call, codeOfStatus(answer.status), text, afterMs === null ? {} : { retry: { afterMs } });
}

function codeOfStatus(status: number): RegistryErrorCode {
  if (status === 401) return 'UNAUTHORIZED';
  if (status === 403) return 'FORBIDDEN';
  if (status === 404) return 'NOT_FOUND';
  if (status === 429) return 'RATE_LIMITED';
  return status >= 500 || status === 408 ? 'UNAVAILABLE' : 'BAD_RESPONSE';
}

function adviseOn(status: number, { access }: Call): string {
  if (status !== 401 && status !== 403) return '';
  return access.credentials.kind === 'anonymous'
    ? 'no credentials match this image; check spec.secretRef'
    : 'check the credentials';
}
