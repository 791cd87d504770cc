import { compareBytes } from './byte-order.ts';

/** The checksum that Flux shows as a listing's revision: Adler-32, in decimal, of the JSON array of the tags in descending byte order. */
export function tagListRevision(tags: readonly string[]): string {
  return String(adler32(Buffer.from(JSON.stringify(sortDescending(tags)))));
}

/** The first `count` tags in descending byte order. */
export function latestTags(tags: readonly string[], count = 10): string[] {
  return isDescending(tags) ? tags.slice(0, count) : sortDescending(tags).slice(0, count);
}

function sortDescending(tags: readonly string[]): string[] {
  return isDescending(tags) ? [...tags] : tags.toSorted((a, b) => compareBytes(b, a));
}

/** Most lists come sorted, and a million tags take a second to sort. */
function isDescending(tags: readonly string[]): boolean {
  return tags.every((tag, index) => index === 0 || compareBytes(tags[index - 1] ?? '', tag) >= 0);
}

/** As many bytes as can be added up before the sums outgrow 32 bits. */
const chunkBytes = 5552;

/** RFC 1950. */
function adler32(bytes: Uint8Array): number {
  const modulus = 65521;
  let low = 1;
  let high = 0;
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const end = Math.min(start + chunkBytes, bytes.length);
    for (let index = start; index < end; index += 1) {
      low += bytes[index] ?? 0;
      high += low;
    }
    low %= modulus;
    high %= modulus;
  }
  return high * 65536 + low;
}
