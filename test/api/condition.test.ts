import { describe, expect, test } from 'vitest';
import { type Condition, findCondition, removeCondition, setCondition } from '../../src/api/index.ts';

const before = '2026-01-01T00:00:00Z';
const moment = { now: '2026-01-02T00:00:00Z', generation: 7 };
const ready = { type: 'Ready', status: 'True', reason: 'Succeeded', message: 'all is well' } as const;

function conditionOf(type: string, more: Partial<Condition> = {}): Condition {
  return { ...ready, type, lastTransitionTime: before, observedGeneration: 6, ...more };
}

describe('lastTransitionTime', () => {
  test.for([
    { because: 'stays when nothing changed', changed: {}, expected: before },
    { because: 'moves with the status', changed: { status: 'False' }, expected: moment.now },
    { because: 'moves with the reason', changed: { reason: 'Failed' }, expected: moment.now },
    { because: 'moves with the message', changed: { message: 'all is better' }, expected: moment.now },
  ] as const)('$because', ({ changed, expected }) => {
    const [condition] = setCondition([conditionOf('Ready')], { ...ready, ...changed }, moment);
    expect(condition).toEqual({ ...ready, ...changed, lastTransitionTime: expected, observedGeneration: 7 });
  });

  test('of a new condition is now', () => {
    expect(setCondition([], ready, moment)).toEqual([{ ...ready, lastTransitionTime: moment.now, observedGeneration: 7 }]);
  });

  test('stays under a message that is cut in the same place', () => {
    const [long] = setCondition([], { ...ready, message: 'x'.repeat(40_000) }, { now: before, generation: 7 });
    const [again] = setCondition(long ? [long] : [], { ...ready, message: 'x'.repeat(50_000) }, moment);
    expect(again?.lastTransitionTime).toBe(before);
  });
});

describe('the order', () => {
  test('is Stalled, Reconciling, Ready, then the newest generation, then the alphabet', () => {
    const list = [
      conditionOf('Beta', { observedGeneration: 7 }),
      conditionOf('Zeta', { observedGeneration: 8 }),
      conditionOf('Alpha', { observedGeneration: 7 }),
      conditionOf('Reconciling', { status: 'False' }),
      conditionOf('Stalled', { status: 'False' }),
    ];
    const types = setCondition(list, ready, moment).map(({ type }) => type);
    expect(types).toEqual(['Stalled', 'Reconciling', 'Ready', 'Zeta', 'Alpha', 'Beta']);
  });
});

describe('Reconciling and Stalled', () => {
  test.for([
    { sets: 'Stalled', status: 'True', leaves: ['Stalled', 'Ready'] },
    { sets: 'Reconciling', status: 'True', leaves: ['Reconciling', 'Ready'] },
    { sets: 'Stalled', status: 'False', leaves: ['Stalled', 'Reconciling', 'Ready'] },
  ] as const)('$sets=$status leaves $leaves', ({ sets, status, leaves }) => {
    const other = sets === 'Stalled' ? 'Reconciling' : 'Stalled';
    const list = setCondition([conditionOf(other), conditionOf('Ready')], { ...ready, type: sets, status }, moment);
    expect(list.map(({ type }) => type)).toEqual(leaves);
  });
});

describe('a message', () => {
  const bytesOf = (text: string) => Buffer.byteLength(text, 'utf8');
  const setMessage = (message: string) => setCondition([], { ...ready, message }, moment)[0]?.message ?? '';

  test.for([
    { because: 'that just fits is whole', message: 'x'.repeat(32_768) },
    { because: 'of wide characters that just fits is whole', message: `xx${'€'.repeat(10_922)}` },
  ])('$because', ({ message }) => {
    expect(setMessage(message)).toBe(message);
  });

  test.for([
    { because: 'too long by one byte', message: 'x'.repeat(32_769), length: 32_768 },
    { because: 'of three-byte characters', message: '€'.repeat(20_000), length: 32_766 },
    { because: 'of four-byte characters', message: '🙂'.repeat(20_000), length: 32_767 },
    { because: 'of two-byte characters', message: 'ä'.repeat(20_000), length: 32_767 },
  ])('$because is cut between characters', ({ message, length }) => {
    const cut = setMessage(message);
    expect(cut.endsWith('...')).toBe(true);
    expect(bytesOf(cut)).toBe(length);
    expect(message.startsWith(cut.slice(0, -3))).toBe(true);
  });
});

describe('a list of conditions', () => {
  test('loses one by its type, and others stay as they are', () => {
    expect(removeCondition([conditionOf('Ready'), conditionOf('Healthy')], 'Ready')).toEqual([conditionOf('Healthy')]);
  });

  test('is searched by type, and may be absent', () => {
    expect(findCondition([conditionOf('Ready')], 'Ready')).toEqual(conditionOf('Ready'));
    expect(findCondition(undefined, 'Ready')).toBeUndefined();
  });

  test('is never changed in place', () => {
    const list = Object.freeze([conditionOf('Ready'), conditionOf('Reconciling')]);
    setCondition(list, { ...ready, type: 'Stalled' }, moment);
    expect(list).toEqual([conditionOf('Ready'), conditionOf('Reconciling')]);
  });
});
