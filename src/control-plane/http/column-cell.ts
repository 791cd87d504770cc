import type { KubeObject } from '../../core/index.ts';
import type { PrinterColumn } from '../kinds/resource-type.ts';
import { ageSince } from './age.ts';
import { readJsonPath } from './json-path.ts';

/** The cell of a custom kind's column; null where the path leads nowhere or to another type. */
export function columnCell({ jsonPath = '', type }: PrinterColumn, object: KubeObject, now: number): unknown {
  const found = readJsonPath(object, jsonPath);
  const [first] = found;
  if (first === undefined || first === null) return null;
  switch (type) {
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : null;
    case 'number':
      return typeof first === 'number' ? first : null;
    case 'boolean':
      return typeof first === 'boolean' ? first : null;
    case 'date':
      return typeof first === 'string' ? ageSince(first, now) : null;
    default:
      return found.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ');
  }
}
