import type { Clock } from '../core/index.ts';
import { createAuthorizer } from './authorizer.ts';
import { accessIdentityOf, type Call } from './call.ts';
import { RegistryError } from './error.ts';
import { mayCarry, sendFollowing } from './follow-redirects.ts';
import { isLocalRegistry } from './image-name.ts';
import { parseChallenges } from './parse-challenges.ts';
import { codeOf } from './translate-failure.ts';
import type { HttpAnswer, HttpRequest, Transport } from './transport.ts';

/** A request to the registry of the call's image: a path on it, or a page it linked to. */
export type RegistryRequest = Pick<HttpRequest, 'method' | 'headers' | 'maxBytes'> & { readonly path: string };

/** Speaks to the registry of a call: the right scheme, redirects, and the login it asks for. Any status is an answer. */
export interface RegistryClient {
  send(call: Call, request: RegistryRequest): Promise<HttpAnswer>;
}

type Scheme = 'http:' | 'https:';

export function createRegistryClient(transport: Transport, clock: Clock): RegistryClient {
  const authorizer = createAuthorizer(transport, clock);
  const schemes = new Map<string, Scheme>();

  const sendAuthorized = async (call: Call, registry: URL, request: RegistryRequest): Promise<HttpAnswer> => {
    const sendWith = (authorization: string | undefined) => {
      const headers = { ...request.headers, ...(authorization !== undefined && { authorization }) };
      return sendFollowing(transport, call, { ...request, url: new URL(request.path, registry), headers });
    };
    const used = await authorizer.current(call, registry);
    const answer = await sendWith(used);
    if (![401, 403, 404].includes(answer.status)) return answer;
    const challenges = await findChallenges(call, registry, answer, used);
    const authorization = await authorizer.answer(call, registry, challenges, used);
    return authorization === undefined ? answer : sendWith(authorization);
  };

  /** A registry that hides what a stranger may not see answers 403 or 404 without a challenge; `/v2/` gives one. */
  const findChallenges = async (call: Call, registry: URL, answer: HttpAnswer, used: string | undefined) => {
    if (!mayCarry(registry, answer.url)) return []; // another host's challenge is not the registry's
    const found = answer.status === 401 ? parseChallenges(answer.headers['www-authenticate']) : [];
    if (found.length > 0 || used !== undefined || call.access.credentials.kind === 'anonymous') return found;
    const ping = await transport.send(call, { method: 'GET', url: new URL('/v2/', registry), headers: {}, maxBytes: 65_536 });
    return ping.status === 401 ? parseChallenges(ping.headers['www-authenticate']) : [];
  };

  return {
    send: async (call, request) => {
      const key = `${call.image.registry} ${accessIdentityOf(call.access)} ${call.access.insecure}`;
      const { first, second } = schemesOf(call, schemes.get(key));
      const sendBy = async (scheme: Scheme) => {
        const answer = await sendAuthorized(call, new URL(`${scheme}//${call.image.registry}`), request);
        if (scheme === 'https:' || !wantsTls(answer)) schemes.set(key, scheme);
        return answer;
      };
      if (second === null) return sendBy(first);
      return sendByEither(
        () => sendBy(first),
        () => sendBy(second),
      );
    },
  };
}

/** Local registries and `insecure` ones are asked by plain HTTP, and by https if they turn out to want that. */
function schemesOf({ image, access }: Call, known: Scheme | undefined): { first: Scheme; second: Scheme | null } {
  if (known !== undefined) return { first: known, second: null };
  const isPlain = access.insecure || (access.tls === undefined && isLocalRegistry(image.registry));
  return isPlain ? { first: 'http:', second: 'https:' } : { first: 'https:', second: null };
}

/** What the first try says stands, unless it looks like a TLS server's and the second shows that it is one. */
async function sendByEither(first: () => Promise<HttpAnswer>, second: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  const tried = await settle(first);
  const looksLikeTls = tried.answer === undefined ? wasHungUpOn(tried.error) : wantsTls(tried.answer);
  if (!looksLikeTls) return unwrap(tried);
  const retried = await settle(second);
  return unwrap(retried.answer !== undefined || isUntrusted(retried.error) ? retried : tried);
}

interface Settled {
  readonly answer?: HttpAnswer;
  readonly error?: unknown;
}

function settle(send: () => Promise<HttpAnswer>): Promise<Settled> {
  return send().then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  );
}

function unwrap({ answer, error }: Settled): HttpAnswer {
  if (answer === undefined) throw error;
  return answer;
}

function wasHungUpOn(error: unknown): boolean {
  return error instanceof RegistryError && /^(UND_ERR_SOCKET$|ECONNRESET$|EPIPE$|HPE_)/.test(codeOf(error.cause));
}

/** It does speak TLS, and its certificate is what is wrong: that is what has to be told. */
function isUntrusted(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'TLS' && !/^(EPROTO|ERR_SSL)/.test(codeOf(error.cause));
}

/** How TLS servers answer a plain request, if they do. */
function wantsTls({ status, body }: HttpAnswer): boolean {
  return status === 400 && /https/i.test(body.subarray(0, 1024).toString('latin1'));
}
