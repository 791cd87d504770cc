import { createHash } from 'node:crypto';
import type { ImageName, Instant, RegistryAccess, RegistryCredentials } from '../core/index.ts';
import { RegistryError, type RegistryErrorCode } from './error.ts';

/** One question to a registry: what it is about, what opens it, and how long it may take. */
export interface Call {
  /** `listing tags of registry.example/acme/web`: how every message begins. */
  readonly attempt: string;
  readonly image: ImageName;
  readonly access: RegistryAccess;
  readonly signal: AbortSignal;
  readonly deadline: Instant;
  /** The condition reason of a failure. */
  readonly reason: string;
}

/** An error of this call; the message begins with what was attempted. */
export function failCall(
  call: Pick<Call, 'attempt' | 'reason'>,
  code: RegistryErrorCode,
  what: string,
  details: { retry?: { afterMs: number }; cause?: unknown } = {},
): RegistryError {
  return new RegistryError(code, `${call.attempt}: ${what}`, { reason: call.reason, ...details });
}

/** The texts that must not appear in any message of this call. */
export function secretsOf({ credentials, tls, proxy }: RegistryAccess): string[] {
  const key = [tls?.key, proxy?.password].flatMap((secret) => (secret === undefined ? [] : [secret.reveal()]));
  switch (credentials.kind) {
    case 'anonymous':
      return key;
    case 'basic':
      return [credentials.password.reveal(), encodeBasic(credentials.username, credentials.password.reveal()), ...key];
    case 'bearer':
    case 'identity':
    case 'exchange':
      return [credentials.token.reveal(), ...key];
    default:
      return credentials satisfies never;
  }
}

/** The base64 of `username:password`, as a Basic header carries it. */
export function encodeBasic(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

/** A digest that is equal for equal credentials, and tells nothing about them. */
export function identityOf({ credentials, ...way }: Way & { readonly credentials: RegistryCredentials }): string {
  const secret = secretsOf({ credentials, insecure: false, timeoutMs: 0 });
  return digestOf([credentials.kind, ...secret, accessIdentityOf(way)]);
}

type Way = Pick<RegistryAccess, 'tls' | 'proxy'>;

/** The same for what is presented and trusted in a TLS handshake, and for the proxy in between; '' for the defaults. */
export function accessIdentityOf({ tls, proxy }: Way): string {
  if (tls === undefined && proxy === undefined) return '';
  return digestOf([
    ...[tls?.ca ?? null, tls?.certificate ?? null, tls?.key?.reveal() ?? null],
    ...[proxy?.address ?? null, proxy?.username ?? null, proxy?.password?.reveal() ?? null],
  ]);
}

function digestOf(parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
