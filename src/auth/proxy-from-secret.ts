import { Secret } from '../core/index.ts';
import { AuthError } from './error.ts';
import { describeSecret, readSecretData, type SecretObject } from './secret-data.ts';

/** A proxy and what it asks for; the address never carries user information. */
export interface ProxyAccess {
  readonly address: string;
  readonly username?: string;
  readonly password?: Secret;
}

/** What a `proxySecretRef` names: `address` (http, https or socks5; at most 2048 characters), `username`, `password`. Throws INVALID_SECRET. */
export function proxyFromSecret(secret: SecretObject): ProxyAccess {
  const data = readSecretData(secret);
  const address = data.text('address')?.trim();
  if (address === undefined) throw new AuthError('INVALID_SECRET', `${describeSecret(secret)}: key 'address' not found`);
  const url = address.length <= 2048 && URL.canParse(address) ? new URL(address) : null;
  if (url === null || !['http:', 'https:', 'socks5:'].includes(url.protocol))
    throw new AuthError('INVALID_SECRET', `${describeSecret(secret)}: 'address' is not an http, https or socks5 URL`);
  const username = data.text('username') ?? (url.username === '' ? undefined : decodeURIComponent(url.username));
  const password = data.text('password') ?? (url.password === '' ? undefined : decodeURIComponent(url.password));
  url.username = '';
  url.password = '';
  return {
    address: url.href,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: new Secret(password) }),
  };
}
