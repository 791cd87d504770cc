import { compareBytes } from './byte-order.ts';

/** The checksum that Flux shows as a listing's revision: Adler-32, in decimal, of the JSON array of the tags in descending byte order. */
export function tagListRevision(tags: readonly string[]): string {
  return String(adler32(Buffer.from(JSON.stringify(sortDescending(tags)))));
}

/** The first `count` tags in descending byte order. */
export function latestTags(tags: readonly string[], count = 10): string[] {
  return sortDescending(tags).slice(0, count);
}

function sortDescending(tags: readonly string[]): string[] {
  return tags.toSorted((a, b) => compareBytes(b, a));
}

/** RFC 1950. */
function adler32(bytes: Uint8Array): number {
  const modulus = 65521;
  let low = 1;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) % modulus;
    high = (high + low) % modulus;
  }
  return high * 65536 + low;
}
