import { createHash } from 'node:crypto';

/** The path of a Receiver's webhook, the same as Flux's: the token as it stands in the Secret, then name and namespace, hashed. */
export function webhookPath(token: string, { name, namespace }: { readonly name: string; readonly namespace: string }): string {
  return `/hook/${createHash('sha256').update(`${token}${name}${namespace}`).digest('hex')}`;
}
