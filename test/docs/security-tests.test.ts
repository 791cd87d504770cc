import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTable } from '../architecture/read-tables.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/security-tests.md', root), 'utf8');
const rows = readTable(page, 'rule').map((row) => ({
  rule: row['rule'] ?? '',
  file: (row['test'] ?? '').replaceAll('`', ''),
  name: row['its name'] ?? '',
}));

test.for(rows)('$rule: there is "$name" in $file', ({ file, name }) => {
  const source = readFileSync(new URL(file, root), 'utf8');
  const titles = source.split('\n').filter((line) => /\b(test|describe|describeWithParts)\b|^\s*\]?\)?\(?'|\)\(/.test(line));
  expect(titles.some((line) => line.includes(name))).toBe(true);
});
