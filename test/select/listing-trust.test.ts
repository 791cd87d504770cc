import { expect, test } from 'vitest';
import { doubtListing, type TagInUse } from '../../src/select/index.ts';

const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `1.0.${from + index}`)
    .sort()
    .reverse();

test.for([
  { because: 'there is none to compare with', before: null, now: [], doubt: null },
  { because: 'nothing was lost', before: many(20), now: many(25), doubt: null },
  { because: 'half is left', before: many(20), now: many(10), doubt: null },
  { because: 'more than half was lost', before: many(20), now: many(9), doubt: 'it lost 11 of 20 tags' },
  { because: 'as many came, and all are others', before: many(20), now: many(20, 100), doubt: 'it lost 20 of 20 tags' },
  { because: 'everything was lost', before: many(10), now: [], doubt: 'it lost 10 of 10 tags' },
  { because: 'there were few', before: many(9), now: [], doubt: null },
])('a listing where $because: $doubt', ({ before, now, doubt }) => {
  expect(doubtListing(before, now, [])).toBe(doubt);
});

test.for([
  { because: 'still there', listed: ['1.0.0', '1.1.0'], forward: false, doubt: null },
  {
    because: 'lost, and the policy would go back',
    listed: ['1.0.0'],
    forward: false,
    doubt: 'it lost 1.1.0, which policy web has picked',
  },
  { because: 'lost, and the policy goes forward', listed: ['1.0.0', '1.2.0'], forward: true, doubt: null },
])('a tag in use that is $because: $doubt', ({ listed, forward, doubt }) => {
  const inUse: TagInUse = { tag: '1.1.0', by: 'policy web', goesForward: () => forward };
  expect(doubtListing(null, listed, [inUse])).toBe(doubt);
});
