import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTable } from '../architecture/read-tables.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/limits.md', root), 'utf8');
const plain = (cell: string | undefined) => (cell ?? '').replaceAll('`', '');
const rows = readTable(page, 'what').map((row) => ({
  what: plain(row['what']),
  limit: Number(row['limit']),
  constant: plain(row['constant']),
  file: plain(row['where']),
}));

/** A product of numbers, as constants are written: `16 * 1024 * 1024`, `3_145_728`. */
function numberOf(expression: string): number {
  return expression.split('*').reduce((product, factor) => product * Number(factor.trim().replaceAll('_', '')), 1);
}

test('the page has rows', () => expect(rows.length).toBeGreaterThan(40));

test.for(rows)('$what: $limit is $constant of $file', ({ limit, constant, file }) => {
  const source = readFileSync(new URL(file, root), 'utf8');
  const found = new RegExp(`\\b${constant}(?:: number)?\\s*[:=]\\s*([\\d_*\\s]*\\d)`).exec(source);
  expect(found).not.toBeNull();
  expect(numberOf(found?.[1] ?? '')).toBe(limit);
});
