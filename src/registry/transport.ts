import type { IncomingHttpHeaders } from 'node:http';
import { request as sendRequest } from 'undici';
import { type CheckAddress, createEgressCheck } from '../auth/index.ts';
import type { Clock } from '../core/index.ts';
import { type Call, failCall } from './call.ts';
import { createDispatchers } from './create-dispatchers.ts';
import { createHostBudget, type HostBudget, longestPauseMs } from './host-budget.ts';
import { parseAskedWait } from './rate-limit.ts';
import { readBody } from './read-body.ts';
import { translateFailure } from './translate-failure.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** More is refused with TOO_LARGE. */
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** How long the host asked to be left alone with this answer; null if it did not. */
  readonly retryAfterMs: number | null;
  /** Where the answer came from. */
  readonly url: URL;
}

/** One exchange over HTTP at a time, within the host's budget; every failure is a RegistryError of the call. */
export interface Transport {
  /** Sends without following redirects. A host that wants to be left alone is waited for, or RATE_LIMITED if the deadline comes first. */
  send(call: Call, request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly clock: Clock;
  /** Default: everything but link-local and metadata addresses. */
  readonly checkAddress?: CheckAddress;
  /** Requests to one host at a time; default 8. */
  readonly concurrency?: number;
  /** Requests to one host in a second; default 200. */
  readonly perSecond?: number;
  /** Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** How long a server may be silent within an exchange; default 30,000. */
  readonly silenceMs?: number;
  /** How long one exchange may take in all, however steadily it trickles; default 300,000. */
  readonly exchangeMs?: number;
  readonly onRequest?: OnRequest;
}

/** Told of each exchange: the registry it was for, also where it went to a host that the registry named; the status, or `<error>`. */
export type OnRequest = (request: { readonly registry: string; readonly code: string }) => void;

export function createTransport(options: TransportOptions): Transport {
  const {
    clock,
    concurrency = 8,
    perSecond = 200,
    connectTimeoutMs = 10_000,
    silenceMs = 30_000,
    exchangeMs = 300_000,
  } = options;
  const checkAddress = options.checkAddress ?? createEgressCheck({ allowLoopback: true });
  const dispatchers = createDispatchers({ checkAddress, connections: concurrency, connectTimeoutMs, silenceMs });
  let isClosed = false;
  const budgets = new Map<string, HostBudget>();
  const budgetOf = (host: string): HostBudget => {
    const budget = budgets.get(host) ?? createHostBudget(clock, { concurrency, perSecond });
    budgets.set(host, budget);
    return budget;
  };
  const exchange = async (call: Call, request: HttpRequest): Promise<HttpAnswer> => {
    const { url, method, headers, body, maxBytes } = request;
    try {
      const dispatcher = dispatchers.of(call.access, url);
      const times = { headersTimeout: silenceMs, bodyTimeout: silenceMs };
      const sent = { method, headers: { 'user-agent': 'tagalong', ...headers }, body: body ?? null, ...times };
      const endAt = clock.now() + exchangeMs;
      const response = await sendRequest(url, { ...sent, dispatcher, signal: call.signal });
      const { statusCode: status, headers: answered } = response;
      const answer = { status, headers: answered, retryAfterMs: parseAskedWait(status, answered, clock.now()), url };
      return { ...answer, body: await readBody(response, call, { maxBytes, isOver: () => clock.now() >= endAt }) };
    } catch (error) {
      throw translateFailure(error, call, url);
    }
  };
  return {
    send: async (call, request) => {
      if (isClosed) throw failCall(call, 'CLOSED', 'the registry client was closed');
      const budget = budgetOf(request.url.host);
      await waitWhilePaused(call, request.url, budget, clock);
      const answer = await budget.withSlot(call.signal, async () => {
        // Again: while this one waited for its slot, another may have been asked to wait.
        await waitWhilePaused(call, request.url, budget, clock);
        return told(call, exchange(call, request), options.onRequest);
      });
      if (answer.retryAfterMs !== null) budget.pause(answer.retryAfterMs);
      return answer;
    },
    close: () => {
      isClosed = true;
      return dispatchers.close();
    },
  };
}

async function told({ image }: Call, exchange: Promise<HttpAnswer>, onRequest: OnRequest = () => {}): Promise<HttpAnswer> {
  try {
    const answer = await exchange;
    onRequest({ registry: image.registry, code: String(answer.status) });
    return answer;
  } catch (error) {
    onRequest({ registry: image.registry, code: '<error>' });
    throw error;
  }
}

async function waitWhilePaused(call: Call, url: URL, budget: HostBudget, clock: Clock): Promise<void> {
  for (let waitMs = budget.pausedMs(); waitMs > 0; waitMs = budget.pausedMs()) {
    if (waitMs > longestPauseMs || clock.now() + waitMs >= call.deadline) {
      const seconds = Math.ceil(waitMs / 1000);
      throw failCall(call, 'RATE_LIMITED', `${url.host} asked to wait for ${seconds} s`, { retry: { afterMs: waitMs } });
    }
    await clock.sleep(waitMs, call.signal);
  }
}
