import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

const algorithms = new Set(['sha1', 'sha256', 'sha512']);

/** Whether a text is the secret; takes the same time wherever they differ. An empty secret proves nothing. */
export function isSecret(given: string | undefined, secret: string): boolean {
  if (given === undefined || secret === '') return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** Whether `<algorithm>=<hex>` is the HMAC of a body: `sha256=5d41…`. */
export function isSigned(signature: string | undefined, body: Buffer, secret: string): boolean {
  const [, algorithm = '', hex = ''] = /^(\w+)=([0-9a-fA-F]+)$/.exec(signature ?? '') ?? [];
  return algorithms.has(algorithm) && isHmac(algorithm, hex, body, secret);
}

/** Whether hex digits are the HMAC of a body. An empty secret proves nothing. */
export function isHmac(algorithm: string, hex: string, body: Buffer, secret: string): boolean {
  if (secret === '') return false;
  const expected = createHmac(algorithm, secret).update(body).digest('hex');
  return isSecret(hex.toLowerCase(), expected);
}
