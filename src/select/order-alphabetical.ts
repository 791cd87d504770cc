import { compareBytes } from './byte-order.ts';
import type { Direction, Ordering } from './ordering.ts';

/** asc picks the last value in byte order, desc the first. */
export function orderAlphabetically(direction: Direction): Ordering<string> {
  return {
    kind: 'alphabetical',
    description: `alphabetical order (${direction})`,
    place: (value) => ({ kind: 'placed', position: value }),
    exclude: () => null,
    compare: direction === 'asc' ? compareBytes : (a, b) => compareBytes(b, a),
    breakTie: () => 0,
  };
}
