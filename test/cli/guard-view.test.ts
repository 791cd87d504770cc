import { expect, test } from 'vitest';
import { viewOf } from '../../src/cli/kind-views.ts';

function cellsOf(status: object): Record<string, string> {
  const object = { apiVersion: 'tagalong.dev/v1alpha1', kind: 'UpdateGuard', metadata: { name: 'office' }, status };
  return Object.fromEntries(viewOf('UpdateGuard').columns.map(({ header, cell }) => [header, cell(object)]));
}

const until = (minutes: number) => new Date(Date.now() + minutes * 60_000 - 1000).toISOString();

test.for([
  { because: 'nothing was looked at yet', status: {}, cells: { SELECTS: '0', WAITING: '0', 'NEXT IN': '' } },
  {
    because: 'nothing waits',
    status: { selected: ['shop/web'], guarded: [] },
    cells: { SELECTS: '1', WAITING: '0', 'NEXT IN': '' },
  },
  {
    because: 'the first of those that wait counts down',
    status: { selected: ['shop/web', 'shop/api'], guarded: [{ until: until(90) }, { until: until(300) }, {}] },
    cells: { SELECTS: '2', WAITING: '3', 'NEXT IN': '1h30m' },
  },
  {
    because: 'a guard that cannot be obeyed shows what it closes',
    status: { selected: ['shop/web'], closed: ['shop/web', 'shop/api'], guarded: [] },
    cells: { SELECTS: '2', WAITING: '0', 'NEXT IN': '' },
  },
  {
    because: 'the time has come',
    status: { guarded: [{ until: until(-5) }] },
    cells: { SELECTS: '0', WAITING: '1', 'NEXT IN': 'now' },
  },
])('a guard as `get guards` shows it: $because', ({ status, cells }) => {
  expect(cellsOf(status)).toEqual(cells);
});
