import { type Clock, type Instant, Secret } from '../core/index.ts';
import { type Call, encodeBasic, failCall, secretsOf } from './call.ts';
import { describeAnswer } from './clean-text.ts';

import { failAnswer } from './fail-answer.ts';
import { sendFollowing } from './follow-redirects.ts';
import type { Challenge } from './parse-challenges.ts';
import type { HttpAnswer, HttpRequest, Transport } from './transport.ts';

export interface Token {
  readonly text: string;
  /** When to fetch another, a little before this one ends. */
  readonly renewAt: Instant;
}

const maxTokenBytes = 1_048_576;

/**
 * Asks the token service that a Bearer challenge names for a token of the challenge's scope, with the call's credentials. A
 * service on another host must be https: that is the only way a credential leaves the registry's host. Throws RegistryError.
 */
export async function fetchToken(
  transport: Transport,
  clock: Clock,
  call: Call,
  challenge: Challenge,
  registry: URL,
): Promise<Token> {
  const realm = parseRealm(call, challenge, registry);
  if (call.access.credentials.kind === 'exchange') {
    const credentials = await exchangeToken(transport, call, challenge, registry);
    return fetchToken(transport, clock, { ...call, access: { ...call.access, credentials } }, challenge, registry);
  }
  const request = describeRequest(call, challenge, realm);
  // A refresh token is in the body, which a redirect would carry along: not followed.
  const answer = request.method === 'POST' ? await transport.send(call, request) : await sendFollowing(transport, call, request);
  if (answer.status !== 200) throw failAnswer(call, answer, `token service ${realm.host}`);
  return parseToken(call, answer, clock.now());
}

/**
 * Azure's registries give a refresh token for an access token of the cloud (`/oauth2/exchange`). It is asked for at the registry
 * itself, whatever its challenge says: nobody else may see the cloud's token.
 */
async function exchangeToken(
  transport: Transport,
  call: Call,
  challenge: Challenge,
  registry: URL,
): Promise<Call['access']['credentials']> {
  const token = call.access.credentials.kind === 'exchange' ? call.access.credentials.token.reveal() : '';
  const service = challenge.parameters.get('service') ?? registry.hostname;
  const answer = await transport.send(call, {
    method: 'POST',
    url: new URL('/oauth2/exchange', registry),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ grant_type: 'access_token', service, access_token: token }).toString(),
    maxBytes: maxTokenBytes,
  });
  if (answer.status !== 200) throw failAnswer(call, answer, `token exchange of ${registry.host}`);
  const { refresh_token: refreshToken } = parseObject(answer.body);
  if (typeof refreshToken !== 'string' || refreshToken === '')
    throw failCall(call, 'BAD_RESPONSE', `token exchange of ${registry.host} answered without a refresh token`);
  return { kind: 'identity', token: new Secret(refreshToken) };
}

function parseRealm(call: Call, challenge: Challenge, registry: URL): URL {
  const text = challenge.parameters.get('realm') ?? '';
  const realm = URL.canParse(text) ? new URL(text) : null;
  if (realm === null || (realm.protocol !== 'https:' && realm.protocol !== 'http:'))
    throw failCall(call, 'BAD_RESPONSE', `${registry.host} asks for a token and names no token service`);
  realm.username = '';
  realm.password = '';
  const isNear = realm.hostname === registry.hostname || (isLoopback(realm) && isLoopback(registry));
  if (realm.protocol === 'http:' && !(registry.protocol === 'http:' && isNear))
    throw failCall(
      call,
      'BAD_RESPONSE',
      `${registry.host} names a token service at ${realm.host} without https; nothing was sent there`,
    );
  return realm;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function describeRequest(call: Call, challenge: Challenge, realm: URL): HttpRequest {
  const service = challenge.parameters.get('service');
  const scope = challenge.parameters.get('scope') ?? `repository:${call.image.repository}:pull`;
  const { credentials } = call.access;
  const common = { maxBytes: maxTokenBytes };
  if (credentials.kind === 'identity') {
    const form = { grant_type: 'refresh_token', client_id: 'tagalong', ...(service !== undefined && { service }), scope };
    const body = new URLSearchParams({ ...form, refresh_token: credentials.token.reveal() }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    return { ...common, method: 'POST', url: realm, headers, body };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  // Several scopes stand in one parameter, apart by spaces, and go out as one parameter each.
  for (const part of scope.split(' ').filter((each) => each !== '')) url.searchParams.append('scope', part);
  const login = credentials.kind === 'basic' ? encodeBasic(credentials.username, credentials.password.reveal()) : null;
  return {
    ...common,
    method: 'GET',
    url,
    headers: { accept: 'application/json', ...(login && { authorization: `Basic ${login}` }) },
  };
}

function parseToken(call: Call, answer: HttpAnswer, now: Instant): Token {
  const { token, access_token: accessToken, expires_in: expiresIn } = parseObject(answer.body);
  const text = [token, accessToken].find((each) => typeof each === 'string' && each !== '');
  // It becomes a header: anything but printable characters would end up elsewhere in the request.
  if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text) || text.length > 65_536) {
    const said = describeAnswer(answer.body, secretsOf(call.access));
    const what = text === undefined && said !== '' ? `no token: ${said}` : 'no usable token';
    throw failCall(call, 'BAD_RESPONSE', `token service ${answer.url.host} answered with ${what}`);
  }
  const lifeMs = typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn * 1000 : 60_000;
  return { text, renewAt: now + lifeMs - Math.min(10_000, lifeMs / 10) };
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}
