import type { Clock, Log } from '../core/index.ts';
import type { Call } from './call.ts';
import { isTransient } from './error.ts';
import { failAnswer } from './fail-answer.ts';
import { longestPauseMs } from './host-budget.ts';
import type { RegistryClient, RegistryRequest } from './registry-client.ts';
import type { HttpAnswer } from './transport.ts';

/** What a failing request gets before its failure stands. */
export interface Patience {
  readonly client: RegistryClient;
  readonly clock: Clock;
  readonly log: Log;
  /** Tries in all; default 4. */
  readonly tries: number;
  /** Before the second try, doubled before each further one, with up to half of it on top by chance. */
  readonly delayMs: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/**
 * Sends a request until `read` accepts the answer (it throws if it does not), a few times, with growing delays. What time
 * cannot heal (401, 404, TLS) stands at once; 429 and `Retry-After` are waited for if the call's deadline allows.
 */
export async function sendPatiently<T>(
  { client, clock, log, tries, delayMs, random }: Patience,
  call: Call,
  request: RegistryRequest,
  read: (answer: HttpAnswer) => T,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return read(await client.send(call, request));
    } catch (error) {
      if (!isTransient(error) || attempt >= tries) throw error;
      const askedMs = typeof error.retry === 'object' ? error.retry.afterMs : 0;
      const waitMs = Math.max(askedMs, delayMs * 2 ** (attempt - 1) * (1 + random() / 2));
      // It says more than a timeout would.
      if (waitMs > longestPauseMs || clock.now() + waitMs >= call.deadline) throw error;
      log.debug('registry request failed, trying again', { attempt, waitMs, error: error.message });
      await clock.sleep(waitMs, call.signal);
    }
  }
}

/** The answer of a success; throws what any other status means. */
export function requireSuccess(call: Call, answer: HttpAnswer): HttpAnswer {
  if (answer.status === 200) return answer;
  throw failAnswer(call, answer, 'registry');
}
