import { describe, expect, test } from 'vitest';
import type { Marker, MarkerPart } from '../../src/core/index.ts';
import { chooseVersion } from '../../src/rollout/index.ts';

const policy = { namespace: 'default', name: 'web' };
const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' };

/** A version of a file by the values of its markers. */
const version = (...values: readonly (readonly [MarkerPart, string])[]) => ({
  markers: values.map(([part, value], index): Marker => {
    const place = { file: 'web.yaml', line: index + 1, column: 1, start: 0, end: 0, document: 0, path: `spec.${part}` };
    return { ...place, value, policy, part, object };
  }),
});
const tag = (value: string) => version(['tag', value]);
const pinned = (name: string, digest: string) => version(['tag', name], ['digest', digest]);

describe('going back', () => {
  test.for([
    { because: 'to the version before', history: [tag('3'), tag('2'), tag('1')], to: undefined, after: ['2'] },
    {
      because: 'once more, to the one before that',
      history: [tag('2'), tag('3'), tag('2'), tag('1')],
      to: undefined,
      after: ['1'],
    },
    { because: 'not to what somebody took back', history: [tag('3'), tag('1'), tag('2'), tag('1')], to: undefined, after: ['1'] },
    { because: 'to a tag that once stood there', history: [tag('3'), tag('2'), tag('1')], to: '1', after: ['1'] },
    { because: 'to a tag that never did', history: [tag('3'), tag('2')], to: '1.5', after: ['1.5'] },
    {
      because: 'with the digest that belonged to the tag',
      history: [pinned('2', 'b2'), pinned('2', 'b1'), pinned('1', 'a')],
      to: '1',
      after: ['1', 'a'],
    },
    {
      because: 'of the digest alone, where only that moved',
      history: [pinned('2', 'b2'), pinned('2', 'b1')],
      to: undefined,
      after: ['b1'],
    },
  ])('$because', ({ history, to, after }) => {
    const choice = chooseVersion(policy, history, to);
    expect(choice.kind === 'steps' && choice.steps.map((step) => step.after)).toEqual(after);
  });

  test.for([
    { because: 'nothing stood there before', history: [tag('1')], to: undefined, says: 'never carried another version' },
    { because: 'the digest of the tag is not known', history: [pinned('2', 'b')], to: '1', says: 'its digest is not known' },
    { because: 'the policy has no marker', history: [version()], to: undefined, says: 'no marker' },
  ])('not where $because', ({ history, to, says }) => {
    const choice = chooseVersion(policy, history, to);
    expect(choice.kind === 'none' && choice.because).toContain(says);
  });
});
