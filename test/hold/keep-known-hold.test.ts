import { expect, test } from 'vitest';
import type { Hold } from '../../src/core/index.ts';
import { type HoldAnswer, keepKnownHold } from '../../src/hold/index.ts';
import { deployment, image, markerIn } from './support/manifest.ts';

const marker = markerIn('web.yaml', deployment('1.0.0'));
const { policy, file, object, path, part } = marker;
const known: Hold = {
  policy,
  file,
  object,
  path,
  part,
  value: image('1.1.0'),
  current: image('0.9.0'),
  by: null,
  because: 'known',
};
const question = { marker, newValue: image('1.1.0') };
const unreadable: HoldAnswer = { kind: 'unreadable', reason: 'HistoryUnavailable', because: 'gone' };
const untouched: HoldAnswer = { kind: 'free', decidedBy: null, because: 'never' };
const freed: HoldAnswer = { kind: 'free', decidedBy: 'abc', because: 'released' };

test.for([
  { because: 'history that cannot be read keeps a known hold', holds: [known], answer: unreadable, kind: 'held' },
  { because: 'history that never knew the value keeps a known hold', holds: [known], answer: untouched, kind: 'held' },
  { because: 'a commit that freed the value ends it', holds: [known], answer: freed, kind: 'free' },
  { because: 'without a known hold the answer stays', holds: [], answer: unreadable, kind: 'unreadable' },
  { because: 'a hold of another value is none', holds: [{ ...known, value: image('1.2.0') }], answer: untouched, kind: 'free' },
  { because: 'a hold in another file is none', holds: [{ ...known, file: 'other.yaml' }], answer: untouched, kind: 'free' },
  {
    because: 'a hold of another policy is none',
    holds: [{ ...known, policy: { ...policy, name: 'x' } }],
    answer: untouched,
    kind: 'free',
  },
])('$because', ({ holds, answer, kind }) => {
  expect(keepKnownHold(holds, question, answer).kind).toBe(kind);
});

test('a kept hold shows what the file carries now', () => {
  expect(keepKnownHold([known], question, unreadable)).toEqual({ kind: 'held', hold: { ...known, current: image('1.0.0') } });
});
