import { randomUUID } from 'node:crypto';
import type { Clock, Instant } from '../core/index.ts';
import { answerError, answerJson, type RegistryAnswer, type RegistryRequest } from './registry-answer.ts';

/** Who may do what: everybody; one user by password; or one user by tokens, which `/token` gives for the password. */
export type RegistryAuth =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly kind: 'bearer';
      readonly username: string;
      readonly password: string;
      /** A refresh token that is as good as the password. */
      readonly identityToken?: string;
      /** Everybody may pull, by a token that needs no password. */
      readonly anonymousPull?: boolean;
      /** Default 300. */
      readonly expiresInSeconds?: number;
      /** Which field carries the token; default `token`. */
      readonly field?: 'token' | 'access_token';
      /** Where the token service is said to be; default: here. */
      readonly realm?: string;
    };

export interface RegistryLogin {
  /** Null for a request that may pass, else the refusal with its challenge. */
  refuse(request: RegistryRequest, repository: string | null): RegistryAnswer | null;
  /** The token service. */
  answerToken(request: RegistryRequest): RegistryAnswer;
  /** Tokens given so far are refused from now on. */
  revokeTokens(): void;
}

interface Grant {
  readonly scopes: readonly string[];
  readonly endsAt: Instant;
}

export function createRegistryLogin(auth: RegistryAuth, clock: Clock, origin: () => string): RegistryLogin {
  const grants = new Map<string, Grant>();
  const isGranted = (token: string, scope: string | null): boolean => {
    const grant = grants.get(token);
    return (
      grant !== undefined && clock.now() < grant.endsAt && (scope === null || grant.scopes.some((each) => covers(each, scope)))
    );
  };
  return {
    refuse: (request, repository) => {
      const { authorization = '' } = request.headers;
      if (auth.kind === 'anonymous') return null;
      if (auth.kind === 'basic') return isLogin(auth, authorization) ? null : refusal('Basic realm="sandbox"');
      const scope = repository === null ? null : `repository:${repository}:${actionOf(request.method)}`;
      if (isGranted(authorization.replace(/^Bearer /i, ''), scope)) return null;
      const realm = auth.realm ?? `${origin()}/token`;
      const asked = scope === null ? '' : `,scope="${scope}"`;
      return refusal(`Bearer realm="${realm}",service="sandbox"${asked}${authorization === '' ? '' : ',error="invalid_token"'}`);
    },
    answerToken: (request) => {
      if (auth.kind !== 'bearer') return answerError(404, 'UNSUPPORTED', 'no token service here');
      const form = new URLSearchParams(request.method === 'POST' ? request.body.toString('utf8') : request.url.search);
      const scopes = form.getAll('scope').flatMap((scope) => scope.split(' '));
      if (!mayHave(auth, request, form, scopes)) return answerJson(401, { details: 'incorrect username or password' });
      const token = randomUUID();
      const expiresIn = auth.expiresInSeconds ?? 300;
      grants.set(token, { scopes, endsAt: clock.now() + expiresIn * 1000 });
      return answerJson(200, { [auth.field ?? 'token']: token, expires_in: expiresIn });
    },
    revokeTokens: () => grants.clear(),
  };
}

function mayHave(
  auth: RegistryAuth & { kind: 'bearer' },
  { headers }: RegistryRequest,
  form: URLSearchParams,
  scopes: readonly string[],
): boolean {
  const refreshToken = form.get('refresh_token');
  if (refreshToken !== null) return refreshToken === auth.identityToken;
  const { authorization } = headers;
  if (authorization !== undefined) return isLogin(auth, authorization);
  return auth.anonymousPull === true && scopes.every((scope) => scope.endsWith(':pull'));
}

function isLogin({ username, password }: { username: string; password: string }, authorization: string): boolean {
  return authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function actionOf(method: string): string {
  if (method === 'GET' || method === 'HEAD') return 'pull';
  return method === 'DELETE' ? 'delete' : 'pull,push';
}

/** Whether a granted scope has every action of the asked one, for the same repository. */
function covers(granted: string, asked: string): boolean {
  const [grantedName, grantedActions] = splitScope(granted);
  const [askedName, askedActions] = splitScope(asked);
  return (
    grantedName === askedName && askedActions.every((action) => grantedActions.includes(action) || grantedActions.includes('*'))
  );
}

function splitScope(scope: string): readonly [string, string[]] {
  const colon = scope.lastIndexOf(':');
  return [scope.slice(0, colon), scope.slice(colon + 1).split(',')];
}

function refusal(challenge: string): RegistryAnswer {
  return answerError(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge });
}
