const letter = /\p{L}/u;
const digit = /\p{Nd}/u;

/** go-yaml v2's order of mapping keys: numbers inside of keys count as numbers, letters come after everything else. */
export function compareKeys(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  let afterDigits = false;
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [x = '', y = ''] = [left[index], right[index]];
    if (x !== y) return compareAt(left, right, index, afterDigits);
    afterDigits = digit.test(x);
  }
  return left.length - right.length;
}

function compareAt(left: readonly string[], right: readonly string[], index: number, afterDigits: boolean): number {
  const [x = '', y = ''] = [left[index], right[index]];
  const [xIsLetter, yIsLetter] = [letter.test(x), letter.test(y)];
  if (xIsLetter && yIsLetter) return order(x, y);
  if (xIsLetter || yIsLetter) return (afterDigits ? xIsLetter : yIsLetter) ? -1 : 1;
  // A zero after other digits is part of their number, not a leading one.
  const start = (x === '0' || y === '0') && hasNonZeroBefore(left, index) ? 1 : 0;
  const [xNumber, xEnd] = numberAt(left, index, start);
  const [yNumber, yEnd] = numberAt(right, index, start);
  if (xNumber !== yNumber) return xNumber - yNumber;
  return xEnd !== yEnd ? xEnd - yEnd : order(x, y);
}

function hasNonZeroBefore(characters: readonly string[], index: number): boolean {
  for (let at = index - 1; at >= 0 && digit.test(characters[at] ?? ''); at -= 1) if (characters[at] !== '0') return true;
  return false;
}

function numberAt(characters: readonly string[], index: number, start: number): [value: number, end: number] {
  let value = start;
  let at = index;
  for (; digit.test(characters[at] ?? ''); at += 1) value = value * 10 + Number(characters[at]);
  return [value, at];
}

function order(x: string, y: string): number {
  return (x.codePointAt(0) ?? 0) - (y.codePointAt(0) ?? 0);
}
