import { type CheckAddress, createTenantFetch, readSecretData, type SecretObject } from '../auth/index.ts';
import { type Cluster, errorMessage, type Instant, parseDurationMs, Secret } from '../core/index.ts';
import type { Expressions } from '../expression/index.ts';
import { type Guard, type GuardReason, waitFor } from '../guard/index.ts';
import { readSecret } from './secrets.ts';

/** What a gate is told of a bump; `candidate` of its expression. */
export interface GateCandidate {
  /** `namespace/name`. */
  readonly policy: string;
  readonly automation: string;
  readonly image: string;
  readonly tag: string;
  /** '' where it is not known. */
  readonly digest: string;
}

/** Answers from outside, each asked once for its time. */
export interface Gates {
  /** Null where the gate lets the bump through; anything but a clear yes is a reason. */
  ask(guard: Guard, candidate: GateCandidate, now: Instant, signal: AbortSignal): Promise<GuardReason | null>;
}

export interface GateDeps {
  readonly home: Cluster;
  /** Which addresses may be asked. */
  readonly checkAddress: CheckAddress;
  readonly expressions: Expressions;
}

interface Remembered {
  readonly reason: GuardReason | null;
  readonly until: Instant;
}

const rememberedAtMost = 1000;

export function createGates(deps: GateDeps): Gates {
  const answers = new Map<string, Remembered>();
  const fetches = new Map<string, Promise<typeof globalThis.fetch>>();
  const fetchBy = (ca = '') => {
    const route = { checkAddress: deps.checkAddress, ...(ca === '' ? {} : { ca }) };
    const known = fetches.get(ca) ?? createTenantFetch(route);
    fetches.set(ca, known);
    return known;
  };
  return {
    async ask(guard, candidate, now, signal) {
      const { gate } = guard.spec;
      if (gate === undefined) return null;
      const key = JSON.stringify([guard.name, gate, candidate]);
      const known = answers.get(key);
      // A clock that was set back makes no answer last longer.
      const cacheMs = parseDurationMs(gate.cacheFor) ?? 60_000;
      if (known !== undefined && now < known.until && known.until <= now + cacheMs) return known.reason;
      const reason = await askGate(guard, gate, candidate, { deps, fetchBy, signal, until: now + cacheMs });
      if (answers.size >= rememberedAtMost) answers.clear();
      answers.set(key, { reason, until: now + cacheMs });
      return reason;
    },
  };
}

type GateSpec = NonNullable<Guard['spec']['gate']>;

interface Asking {
  readonly deps: GateDeps;
  readonly fetchBy: (ca: string | undefined) => Promise<typeof globalThis.fetch>;
  readonly signal: AbortSignal;
  readonly until: Instant;
}

async function askGate({ name }: Guard, gate: GateSpec, candidate: GateCandidate, asking: Asking): Promise<GuardReason | null> {
  const { deps, signal, until } = asking;
  const host = URL.parse(gate.url)?.host ?? 'its address';
  const unavailable = (because: string) =>
    waitFor(name, 'GateUnavailable', `its gate at ${host} gives no answer: ${because}`, { askAgainAt: until });
  try {
    const response = await post(await questionOf(name.namespace, gate, candidate, deps.home, signal), asking);
    const [verdict] = await deps.expressions.evaluate([{ text: gate.expression, scope: ['response', 'candidate'] }], {
      response,
      candidate,
    });
    if (verdict === undefined) return unavailable('its expression was not evaluated');
    if (verdict.kind === 'failed')
      return unavailable(`it answered ${response.status}, and its expression fails: ${verdict.because}`);
    if (verdict.value) return null;
    return waitFor(name, 'GateClosed', `its gate at ${host} says no (it answered ${response.status})`, { askAgainAt: until });
  } catch (error) {
    if (signal.aborted) throw error;
    return unavailable(errorMessage(error));
  }
}

interface Question {
  readonly url: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly ca?: string;
  readonly authorization?: Secret;
}

async function questionOf(
  namespace: string,
  gate: GateSpec,
  candidate: GateCandidate,
  home: Cluster,
  signal: AbortSignal,
): Promise<Question> {
  const secret = gate.secretRef === undefined ? null : await readSecret(home, namespace, gate.secretRef.name, signal);
  const data = secret === null ? null : readSecretData(secret as SecretObject);
  const ca = data?.text('ca.crt');
  const authorization = data === null ? undefined : authorizationOf(data);
  return {
    url: gate.url,
    body: JSON.stringify(candidate),
    timeoutMs: parseDurationMs(gate.timeout) ?? 10_000,
    ...(ca === undefined ? {} : { ca }),
    ...(authorization === undefined ? {} : { authorization }),
  };
}

/** A redirect is an answer like any other: nobody is followed, so no credential goes anywhere else. */
async function post({ url, body, timeoutMs, ca, authorization }: Question, { fetchBy, signal }: Asking) {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': 'tagalong',
    ...(authorization === undefined ? {} : { authorization: authorization.reveal() }),
  };
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const fetch = await fetchBy(ca);
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.any([signal, deadline]) });
    return { status: answer.status, body: parseBody(await answer.text()) };
  } catch (error) {
    if (deadline.aborted) throw new Error(`nothing came within ${timeoutMs / 1000}s`, { cause: error });
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
  }
}

function authorizationOf(data: ReturnType<typeof readSecretData>): Secret | undefined {
  const token = data.text('token');
  if (token !== undefined) return new Secret(`Bearer ${token}`);
  const [username, password] = [data.text('username'), data.text('password')];
  if (username === undefined || password === undefined) return undefined;
  return new Secret(`Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
}

/** JSON where it is some, else the text. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
