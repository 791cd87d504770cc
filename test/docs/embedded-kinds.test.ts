import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readList, readTable } from '../architecture/read-tables.ts';

const page = readFileSync(new URL('../../docs/embedded-kubernetes.md', import.meta.url), 'utf8');
const { resources } = JSON.parse(
  readFileSync(new URL('../../src/control-plane/kinds/built-in-kinds.json', import.meta.url), 'utf8'),
) as { resources: { groupVersion: string; kind: string }[] };

test('docs/embedded-kubernetes.md lists the kinds that are served', () => {
  const rows = readTable(page, 'group and version').map((row) => [
    row['group and version'],
    readList(row['kinds'] ?? '').toSorted(),
  ]);
  const served = Map.groupBy(resources, ({ groupVersion }) => groupVersion);
  const expected = [...served].map(([groupVersion, list]) => [groupVersion, list.map(({ kind }) => kind).toSorted()]);
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected));
});
