import { AuthError } from './error.ts';

/** The part of a Kubernetes Secret that is read here: a `KubeObject` of kind Secret is one. */
export interface SecretObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly type?: unknown;
  /** Base64 texts. */
  readonly data?: unknown;
  /** Plain texts; they win over `data`, as on an API server. */
  readonly stringData?: unknown;
  readonly [field: string]: unknown;
}

/** The decoded content of a Secret; an empty value counts as absent. */
export interface SecretData {
  text(key: string): string | undefined;
  /** The first of the keys that has a value. */
  firstText(...keys: readonly string[]): string | undefined;
}

/** Decodes a Secret's keys on demand. `text` throws INVALID_SECRET for a value that is not base64. */
export function readSecretData(secret: SecretObject): SecretData {
  const plain = entriesOf(secret.stringData);
  const encoded = entriesOf(secret.data);
  const text = (key: string): string | undefined => {
    const value = plain.get(key) ?? decodeBase64(encoded.get(key), `${describeSecret(secret)}: value of '${key}'`);
    return value === '' ? undefined : value;
  };
  return { text, firstText: (...keys) => keys.map(text).find((value) => value !== undefined) };
}

/** Every key of a Secret with its decoded text. Throws INVALID_SECRET for a value that is not base64. */
export function secretEntries(secret: SecretObject): (readonly [key: string, text: string])[] {
  const data = readSecretData(secret);
  const keys = new Set([...entriesOf(secret.data).keys(), ...entriesOf(secret.stringData).keys()]);
  return [...keys].toSorted().map((key) => [key, data.text(key) ?? ''] as const);
}

/** `secret 'namespace/name'`, the form Flux's messages use. */
export function describeSecret(secret: SecretObject): string {
  return `secret '${secret.metadata.namespace ?? ''}/${secret.metadata.name}'`;
}

function entriesOf(value: unknown): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Decodes standard base64 with or without line breaks; `what` names the value in the error. */
export function decodeBase64(value: string | undefined, what: string): string | undefined {
  if (value === undefined) return undefined;
  const compact = value.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) throw new AuthError('INVALID_SECRET', `${what} is not valid base64`);
  return Buffer.from(compact, 'base64').toString('utf8');
}
