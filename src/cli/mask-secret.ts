import type { KubeObject } from '../core/index.ts';

type Values = Readonly<Record<string, unknown>>;

/** Two versions of a Secret without its values: what differs is still seen to differ. Other objects are returned as they are. */
export function maskSecrets(before: KubeObject | null, after: KubeObject | null): [KubeObject | null, KubeObject | null] {
  if ((before ?? after)?.kind !== 'Secret') return [before, after];
  const mask = (object: KubeObject | null, other: KubeObject | null, side: string) =>
    object === null ? null : withMasks(object, other, side);
  return [mask(before, after, 'before'), mask(after, before, 'after')];
}

function withMasks(object: KubeObject, other: KubeObject | null, side: string): KubeObject {
  const masked = { ...object };
  for (const field of ['data', 'stringData']) {
    const values = object[field] as Values | undefined;
    if (typeof values !== 'object' || values === null) continue;
    const others = (other?.[field] ?? {}) as Values;
    const isEncrypted = 'sops' in object || (other !== null && 'sops' in other);
    // What is encrypted has another text each time it is: only its keys can be compared.
    const show = (key: string) =>
      isEncrypted || others[key] === undefined || others[key] === values[key] ? '***' : `*** (${side})`;
    masked[field] = Object.fromEntries(Object.keys(values).map((key) => [key, show(key)]));
  }
  return masked;
}

const hidden = '**SOPS**';

/** A Secret without what is encrypted in it, as `flux build` prints it; other objects are returned as they are. */
export function maskEncrypted(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object;
  const isWhole = isEncrypted(object);
  const { sops: _sops, ...kept } = object;
  const masked = { ...(kept as KubeObject) };
  for (const [field, mask] of [
    ['data', Buffer.from(hidden).toString('base64')],
    ['stringData', hidden],
  ] as const) {
    const values = object[field] as Values | undefined;
    if (typeof values !== 'object' || values === null) continue;
    const show = (value: unknown) => (isWhole || isEncryptedValue(field, value) ? mask : value);
    masked[field] = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, show(value)]));
  }
  return masked;
}

/** A file that SOPS encrypted, such as an input of a secretGenerator. */
function isEncryptedValue(field: 'data' | 'stringData', value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const text = field === 'data' ? Buffer.from(value, 'base64').toString('utf8') : value;
  return text.includes('ENC[AES256_GCM,') && /sops/.test(text);
}

/** True for what SOPS encrypted and nobody decrypted. */
export function isEncrypted(object: KubeObject): boolean {
  return typeof object['sops'] === 'object' && object['sops'] !== null;
}

/** An encrypted Secret with the values that are there: nothing is decrypted to compare, so only its keys are. */
export function withKnownValues({ sops: _sops, ...secret }: KubeObject, live: KubeObject | null): KubeObject {
  const known = (live?.['data'] ?? {}) as Values;
  const keys = Object.keys((secret['data'] ?? {}) as Values);
  const unknown = Buffer.from('encrypted').toString('base64');
  return { ...(secret as KubeObject), data: Object.fromEntries(keys.map((key) => [key, known[key] ?? unknown])) };
}
