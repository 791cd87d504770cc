import type { Receiver } from '../api/index.ts';
import type { ComputedAnswer, Expressions } from '../expression/index.ts';
import { branchHints } from './branch-hints.ts';
import type { Call, Refusal, Verdict } from './call.ts';
import { refuse } from './call.ts';
import { imageHints } from './image-hints.ts';
import type { TokenChecker } from './oidc.ts';
import { isRecord, memberAt, readJsonObject, textAt } from './read-body.ts';
import { isHmac, isSecret, isSigned } from './signature.ts';

/** What a Receiver's Secret holds; for generic-oidc nothing. */
export interface ReceiverSecret {
  readonly token: string;
  /** Of gcr. */
  readonly email?: string | undefined;
  readonly audience?: string | undefined;
}

export interface AdmitDeps {
  readonly tokens: TokenChecker;
  readonly expressions: Expressions;
  /** Who signs the tokens of Pub/Sub; Google, but for tests. */
  readonly googleIssuer?: string;
}

type Claims = Readonly<Record<string, unknown>>;
type Proof = { readonly claims: Claims } | Refusal;

/** Decides whether a call is what the Receiver waits for. Rejects only where an issuer of tokens cannot be asked. */
export async function admit(receiver: Receiver, secret: ReceiverSecret, call: Call, deps: AdmitDeps): Promise<Verdict> {
  const proof = await prove(receiver, secret, call, deps);
  if (typeof proof === 'string') return refuse(proof);
  const request = payloadOf(receiver, call);
  if (request === null) return refuse('malformed');
  if (!wantsEvent(receiver, call)) return refuse('other event');
  return {
    kind: 'accepted',
    call: { request, claims: proof.claims, images: imageHints(request), branches: branchHints(request) },
  };
}

const proven: Proof = { claims: {} };

function prove({ spec }: Receiver, secret: ReceiverSecret, call: Call, deps: AdmitDeps): Proof | Promise<Proof> {
  const { body } = call;
  const { token } = secret;
  const when = (isProven: boolean): Proof => (isProven ? proven : 'unproven');
  switch (spec.type) {
    case 'generic-hmac':
      return when(isSigned(call.header('x-signature'), body, token));
    case 'github':
    case 'bitbucket':
      return when(isSigned(call.header('x-hub-signature-256') ?? call.header('x-hub-signature'), body, token));
    case 'gitlab':
      return when(isSecret(call.header('x-gitlab-token'), token));
    case 'harbor':
      return when(isSecret(call.header('authorization'), token));
    case 'nexus':
      return when(isHmac('sha1', call.header('x-nexus-webhook-signature') ?? '', body, token));
    case 'gcr':
      return proveGoogle(secret, call, deps);
    case 'generic-oidc':
      return proveIdentity(spec.oidcProviders ?? [], call, deps);
    case 'generic':
    case 'dockerhub':
    case 'quay':
    case 'acr':
    case 'cdevents':
      // Their senders cannot sign: the path is the secret.
      return proven;
    default:
      return spec.type satisfies never;
  }
}

function bearerOf(call: Call): string | null {
  return /^Bearer ([\w.-]+)$/i.exec(call.header('authorization') ?? '')?.[1] ?? null;
}

async function proveGoogle({ email, audience }: ReceiverSecret, call: Call, deps: AdmitDeps): Promise<Proof> {
  const token = bearerOf(call);
  if (token === null || email === undefined || audience === undefined) return 'unproven';
  const issuer = deps.googleIssuer ?? 'https://accounts.google.com';
  const claims = await deps.tokens.claims(token, { issuer, audience });
  const isSender = claims !== null && claims['email'] === email && claims['email_verified'] === true;
  return isSender ? { claims } : 'unproven';
}

type OidcProvider = NonNullable<Receiver['spec']['oidcProviders']>[number];

async function proveIdentity(providers: readonly OidcProvider[], call: Call, deps: AdmitDeps): Promise<Proof> {
  const token = bearerOf(call);
  const issuer = token === null ? '' : issuerOf(token);
  const provider = providers.find(({ issuerURL }) => issuerURL === issuer);
  if (token === null || provider === undefined) return 'unproven';
  const claims = await deps.tokens.claims(token, { issuer, audience: provider.audience ?? 'notification-controller' });
  if (claims === null || !(await passes(provider, claims, deps.expressions))) return 'unproven';
  return { claims };
}

/** Whose token it claims to be; proves nothing yet. */
function issuerOf(token: string): string {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url');
  return textAt(readJsonObject(payload), 'iss');
}

async function passes({ variables = [], validations }: OidcProvider, claims: Claims, expressions: Expressions): Promise<boolean> {
  const vars: Record<string, unknown> = {};
  for (const { name, expression } of variables) {
    const [answer]: readonly ComputedAnswer[] = await expressions.compute([{ text: expression, scope: tokenScope }], {
      claims,
      vars,
    });
    if (answer?.kind !== 'value') return false;
    vars[name] = answer.value;
  }
  const asked = validations.map(({ expression }) => ({ text: expression, scope: tokenScope }));
  const answers = await expressions.evaluate(asked, { claims, vars });
  return answers.every((answer) => answer.kind === 'value' && answer.value);
}

/** What expressions about tokens may name. */
export const tokenScope = ['claims', 'vars'] as const;

/** The body as filters see it, or null where it is not what the type sends. */
function payloadOf({ spec }: Receiver, call: Call): Claims | null {
  const type = (call.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  const json = readJsonObject(call.body);
  switch (spec.type) {
    case 'github':
    case 'bitbucket':
      if (type === 'application/x-www-form-urlencoded')
        return readJsonObject(Buffer.from(new URLSearchParams(call.body.toString('utf8')).get('payload') ?? ''));
      return type === 'application/json' ? json : null;
    case 'dockerhub':
      return hasTexts(json, ['push_data', 'tag'], ['repository', 'repo_url']) ? json : null;
    case 'quay':
      return textAt(json, 'docker_url') !== '' && Array.isArray(memberAt(json, 'updated_tags')) ? json : null;
    case 'acr':
      return hasTexts(json, ['action'], ['target', 'repository']) ? json : null;
    case 'gcr':
      return readJsonObject(Buffer.from(textAt(json, 'message', 'data'), 'base64'));
    case 'cdevents':
      return hasTexts(json, ['context', 'id'], ['context', 'type'], ['subject', 'id']) ? json : null;
    default:
      return type === 'application/json' ? (json ?? (hasFilter(spec) ? null : {})) : {};
  }
}

/** A body that nobody looks into may be anything. */
function hasFilter({ resourceFilter, resources }: Receiver['spec']): boolean {
  return resourceFilter !== undefined || resources.some(({ filter }) => filter !== undefined);
}

function hasTexts(value: unknown, ...paths: readonly (readonly string[])[]): boolean {
  return isRecord(value) && paths.every((path) => textAt(value, ...path) !== '');
}

const eventHeaders: Partial<Record<Receiver['spec']['type'], string>> = {
  github: 'x-github-event',
  gitlab: 'x-gitlab-event',
  bitbucket: 'x-event-key',
  cdevents: 'ce-type',
};

/** Names of events are compared without regard to case; types that name none act on every call. */
function wantsEvent({ spec }: Receiver, call: Call): boolean {
  const header = eventHeaders[spec.type];
  const wanted = spec.events ?? [];
  if (header === undefined || wanted.length === 0) return true;
  const event = (call.header(header) ?? '').toLowerCase();
  return wanted.some((one) => one.toLowerCase() === event);
}
