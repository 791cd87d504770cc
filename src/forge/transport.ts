import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { Agent, buildConnector, fetch, type RequestInit, type Response } from 'undici';
import { type CheckAddress, createEgressLookup } from '../auth/index.ts';
import { type Clock, errorMessage, type ForgeAccess } from '../core/index.ts';
import { cleanAnswer, readRefusal } from './clean-answer.ts';
import { ForgeError, type ForgeErrorCode } from './error.ts';
import { readRateLimit } from './rate-limit.ts';

/** One request to a forge's API. Answers that are none of 2xx are thrown as ForgeErrors. */
export type ForgeFetch = (url: string, init?: RequestInit) => Promise<Response>;

export interface TransportOptions {
  readonly clock: Clock;
  readonly checkAddress: CheckAddress;
  /** Called right before each request that may change something; throws where this process must not write now. */
  readonly beforeWrite?: (what: string) => void;
}

const timeoutMs = 30_000;
const maxBodyBytes = 16 * 1024 * 1024;

/** Connections to forges, apart for each certificate authority that was given. */
export class ForgeTransport {
  readonly #options: TransportOptions;
  readonly #agents = new Map<string, Agent>();

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Requests with the trust of `access`; its token is hidden in every message. It goes nowhere but to the host of the API. */
  fetchFor(access: ForgeAccess): ForgeFetch {
    const dispatcher = this.#agentFor(access.ca);
    const { clock, beforeWrite } = this.#options;
    return async (url, init = {}) => {
      const method = init.method ?? 'GET';
      const what = `asking the forge: ${method} ${url.split('?', 1)[0]}`;
      if (method !== 'GET') beforeWrite?.(what);
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(init.signal ? [init.signal] : [])]);
      const response = await fetch(url, { ...init, signal, dispatcher, redirect: 'manual' }).catch((error: unknown) => {
        const said = cleanAnswer(errorMessage((error as Error).cause ?? error), access.token.reveal());
        throw new ForgeError('UNREACHABLE', `${what}: it did not answer (${said})`, { cause: error });
      });
      if (Number(response.headers.get('content-length') ?? 0) > maxBodyBytes)
        throw new ForgeError('UNREACHABLE', `${what}: the answer is longer than ${maxBodyBytes} bytes`);
      if (response.ok) return response;
      throw refusalOf(what, response, await response.text().catch(() => ''), access, clock.now());
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
    this.#agents.clear();
  }

  #agentFor(ca: string | undefined): Agent {
    const agent = this.#agents.get(ca ?? '') ?? createAgent(ca, this.#options.checkAddress);
    this.#agents.set(ca ?? '', agent);
    return agent;
  }
}

function createAgent(ca: string | undefined, checkAddress: CheckAddress): Agent {
  const trust = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  const connect = buildConnector({ ...trust, lookup: createEgressLookup(checkAddress), timeout: 10_000 });
  return new Agent({
    connections: 4,
    connect: (target, callback) => {
      // An address written in the URL is connected to without a lookup.
      const literal = target.hostname.replace(/^\[|\]$/g, '');
      try {
        if (isIP(literal) !== 0) checkAddress(literal, literal);
      } catch (error) {
        return callback(error instanceof Error ? error : new Error(String(error)), null);
      }
      connect(target, callback);
    },
  });
}

function refusalOf(what: string, { status, headers }: Response, body: string, { token }: ForgeAccess, now: number): ForgeError {
  const said = cleanAnswer(readRefusal(body), token.reveal());
  const limitMs = readRateLimit(status, headers, body, now);
  if (limitMs !== null) {
    const seconds = Math.ceil(limitMs / 1000);
    const message = `${what}: it was asked too often and answered ${status}; trying again in ${seconds} s`;
    return new ForgeError('RATE_LIMITED', message, { retry: { afterMs: limitMs } });
  }
  const { code, hint } = kindOf(status, headers.get('location'));
  return new ForgeError(code, `${what}: it answered ${status}${said === '' ? '' : ` (${said})`}${hint}`);
}

function kindOf(status: number, location: string | null): { code: ForgeErrorCode; hint: string } {
  if (status >= 300 && status < 400) {
    const host = location === null ? null : URL.parse(location)?.host;
    return {
      code: 'REFUSED',
      hint: `; the repository moved${host ? ` (to ${host})` : ''}, and a token follows nowhere: mend its URL`,
    };
  }
  if (status === 401 || status === 403) return { code: 'FORBIDDEN', hint: '; see what the token may do (docs/pull-requests.md)' };
  if (status === 404) return { code: 'NOT_FOUND', hint: '; see the URL of the repository, and what the token may see' };
  return { code: status >= 500 ? 'UNREACHABLE' : 'REFUSED', hint: '' };
}
