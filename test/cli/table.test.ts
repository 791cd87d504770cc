import { expect, test } from 'vitest';
import { formatTable } from '../../src/cli/table.ts';

test.for([
  {
    because: 'each cell is padded and followed by a tab, but for the last header',
    rows: [['web', '1']],
    table: 'NAME\tTAG\nweb \t1  \t',
  },
  { because: 'a cell of several lines goes on below', rows: [['web', 'a\nbc']], table: 'NAME\tTAG\nweb \ta  \t\n    \tbc \t' },
  { because: 'a tab in a cell does not shift the others', rows: [['a\tb', '1']], table: 'NAME\tTAG\na b \t1  \t' },
  { because: 'what could drive a terminal is left out', rows: [['w\u001b[1mb', '\u202e1']], table: 'NAME \tTAG\nw[1mb\t1  \t' },
  {
    because: 'a wide character takes two columns',
    rows: [
      ['日本', '1'],
      ['web', '2'],
    ],
    table: 'NAME\tTAG\n日本\t1  \t\nweb \t2  \t',
  },
])('$because', ({ rows, table }) => {
  expect(formatTable(['name', 'tag'], rows)).toBe(table);
});

test('without headers there are the rows alone', () => {
  expect(formatTable(null, [['web', '1']])).toBe('web\t1\t');
});
