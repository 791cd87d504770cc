import { SopsError } from './error.ts';

/**
 * The secret that Shamir's scheme made `parts` of: each is the values of one polynomial a byte (over the field of AES), followed by the
 * place where they were taken. Enough parts give the secret; too few, or a wrong one, give something else. Throws KEY_PARTS_INVALID for
 * parts that cannot be of one secret.
 */
export function combineKeyParts(parts: readonly Uint8Array[]): Buffer {
  const length = parts[0]?.length ?? 0;
  const places = parts.map((part) => part[part.length - 1] ?? 0);
  if (parts.length < 2) throw invalid('one part of a data key is not enough');
  if (length < 2 || parts.some((part) => part.length !== length)) throw invalid('the parts of the data key differ in length');
  if (new Set(places).size !== places.length) throw invalid('two parts of the data key are the same');
  const weights = places.map((place, index) => weightOf(place, places.toSpliced(index, 1)));
  return Buffer.from(
    Array.from({ length: length - 1 }, (_, byte) =>
      parts.reduce((sum, part, index) => sum ^ multiply(part[byte] ?? 0, weights[index] ?? 0), 0),
    ),
  );
}

/** Lagrange's basis polynomial of a place, at zero. */
function weightOf(place: number, others: readonly number[]): number {
  return others.reduce((product, other) => multiply(product, divide(other, place ^ other)), 1);
}

/** Bit by bit: the same steps whatever the numbers are. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    const doubled = ((product << 1) & 0xff) ^ (-(product >> 7) & 0x1b);
    product = doubled ^ (-((b >> bit) & 1) & a);
  }
  return product;
}

/** The inverse of a number is its 254th power. */
function divide(a: number, b: number): number {
  let inverse = 1;
  for (let step = 0; step < 254; step += 1) inverse = multiply(inverse, b);
  return multiply(a, inverse);
}

function invalid(message: string): SopsError {
  return new SopsError('KEY_PARTS_INVALID', message);
}
