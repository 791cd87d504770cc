import { compareBytes } from './byte-order.ts';
import { compareDecimals, type Decimal, parseDecimal } from './decimal.ts';
import type { Direction, Ordering } from './ordering.ts';

/** asc picks the greatest number, desc the smallest; of equal ones (`1`, `01`) the text that comes first in byte order. */
export function orderNumerically(direction: Direction): Ordering<Decimal> {
  return {
    kind: 'numerical',
    description: `numerical order (${direction})`,
    place: (value) => {
      const position = parseDecimal(value);
      return position === null ? { kind: 'unplaced', reason: 'not a number' } : { kind: 'placed', position };
    },
    exclude: () => null,
    compare: direction === 'asc' ? compareDecimals : (a, b) => compareDecimals(b, a),
    breakTie: (a, b) => compareBytes(b, a),
  };
}
