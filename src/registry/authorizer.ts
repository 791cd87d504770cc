import type { Clock } from '../core/index.ts';
import { type Call, encodeBasic, identityOf } from './call.ts';
import { fetchToken, type Token } from './fetch-token.ts';
import type { Challenge } from './parse-challenges.ts';
import type { Transport } from './transport.ts';

/** What opens a registry for a call, learned from its challenges and kept for the next call with the same credentials. */
export interface Authorizer {
  /** The Authorization header by what is known so far; undefined before the first challenge. Renews a token that has run out. */
  current(call: Call, registry: URL): Promise<string | undefined>;
  /** The header that answers the challenges, other than `refused`; undefined when there is none to try. */
  answer(call: Call, registry: URL, challenges: readonly Challenge[], refused: string | undefined): Promise<string | undefined>;
}

interface Known {
  readonly challenge: Challenge;
  token?: Token;
  /** One fetch for all who need the token at the same time. */
  pending?: Promise<Token>;
}

/** More different (registry, credentials, repository) than this are forgotten, oldest first: it costs them one request. */
const maxKnown = 10_000;

export function createAuthorizer(transport: Transport, clock: Clock): Authorizer {
  const bearers = new Map<string, Known>();
  const basics = new Set<string>();
  const patterns = new Map<string, Challenge>();
  /** A registry that asked for a token of one repository will ask for that of another: the refusal in between is saved. */
  const expect = (call: Call, key: ReturnType<typeof keyOf>): Known | undefined => {
    const pattern = patterns.get(key.registry);
    if (pattern === undefined || call.access.credentials.kind === 'bearer') return undefined;
    const parameters = new Map(pattern.parameters).set('scope', pullScope(call));
    const known: Known = { challenge: { ...pattern, parameters } };
    remember(bearers, key.repository, known);
    return known;
  };
  const fetch = async (call: Call, registry: URL, known: Known): Promise<Token> => {
    known.token = await fetchToken(transport, clock, call, known.challenge, registry);
    return known.token;
  };
  const renew = async (call: Call, registry: URL, known: Known): Promise<Token> => {
    if (known.pending !== undefined) {
      const shared = await known.pending.catch(() => null);
      // What ended the other's fetch (its deadline, its abort) need not end ours.
      return shared ?? fetch(call, registry, known);
    }
    known.pending = fetch(call, registry, known).finally(() => delete known.pending);
    return known.pending;
  };
  const bearer = async (call: Call, registry: URL, known: Known, refused?: string): Promise<string> => {
    const { token } = known;
    const isUsable = token !== undefined && clock.now() < token.renewAt && `Bearer ${token.text}` !== refused;
    return `Bearer ${(isUsable ? token : await renew(call, registry, known)).text}`;
  };
  return {
    current: async (call, registry) => {
      const key = keyOf(call, registry);
      const known = bearers.get(key.repository) ?? expect(call, key);
      if (known !== undefined) return bearer(call, registry, known);
      return basics.has(key.registry) ? basicHeader(call) : undefined;
    },
    answer: async (call, registry, challenges, refused) => {
      const key = keyOf(call, registry);
      const challenge = challenges.find(({ scheme }) => scheme === 'bearer');
      if (challenge !== undefined) {
        if (call.access.credentials.kind === 'bearer')
          return differing(`Bearer ${call.access.credentials.token.reveal()}`, refused);
        const before = bearers.get(key.repository);
        const known = before !== undefined && isSame(before.challenge, challenge) ? before : { challenge };
        remember(bearers, key.repository, known);
        if (challenge.parameters.get('scope') === pullScope(call)) patterns.set(key.registry, challenge);
        return bearer(call, registry, known, refused);
      }
      if (!challenges.some(({ scheme }) => scheme === 'basic')) return undefined;
      const header = differing(basicHeader(call), refused);
      if (header !== undefined) basics.add(key.registry);
      return header;
    },
  };
}

function pullScope({ image }: Call): string {
  return `repository:${image.repository}:pull`;
}

function keyOf({ access, image }: Call, registry: URL): { registry: string; repository: string } {
  const key = `${registry.origin} ${identityOf(access)}`;
  return { registry: key, repository: `${key} ${image.repository}` };
}

function basicHeader({ access: { credentials } }: Call): string | undefined {
  return credentials.kind === 'basic' ? `Basic ${encodeBasic(credentials.username, credentials.password.reveal())}` : undefined;
}

function differing(header: string | undefined, refused: string | undefined): string | undefined {
  return header === refused ? undefined : header;
}

/** Realm, service and scope decide; `error="invalid_token"` comes and goes. */
function isSame(a: Challenge, b: Challenge): boolean {
  return ['realm', 'service', 'scope'].every((name) => a.parameters.get(name) === b.parameters.get(name));
}

function remember(bearers: Map<string, Known>, key: string, known: Known): void {
  bearers.delete(key);
  bearers.set(key, known);
  const [oldest] = bearers.keys();
  if (bearers.size > maxKnown && oldest !== undefined) bearers.delete(oldest);
}
