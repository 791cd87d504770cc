import type { SecretObject } from '../../src/auth/index.ts';

/** A Secret `default/login` as the API gives it, of plain texts. */
export function secretOf(texts: Readonly<Record<string, string | undefined>>, type = 'Opaque'): SecretObject {
  const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text ?? '').toString('base64')]));
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'default', name: 'login' }, type, data };
}

/** A pull secret with these `auths`. */
export function pullSecret(auths: unknown): SecretObject {
  return secretOf({ '.dockerconfigjson': JSON.stringify({ auths }) }, 'kubernetes.io/dockerconfigjson');
}

export function authOf(username: string, password = 'secret'): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}
