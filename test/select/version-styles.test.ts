import { describe, expect, test } from 'vitest';
import { selectTag } from '../../src/select/index.ts';
import { policyOf, shuffles } from './policy-of.ts';

const natural = { 'tagalong.dev/pre-release-order': 'natural' };
const anyParts = { 'tagalong.dev/version-parts': 'any' };

describe('pre-releases', () => {
  const tags = ['1.0.0-rc2', '1.0.0-rc10', '1.0.0-rc9', '1.0.0-beta20'];

  test.for([
    { because: 'rc9 is after rc10 for semver', annotations: {}, picks: '1.0.0-rc9' },
    { because: 'rc10 is after rc9 in natural order', annotations: natural, picks: '1.0.0-rc10' },
  ])('$because', ({ annotations, picks }) => {
    const policy = policyOf({ policy: { semver: { range: '>=1.0.0-0' } } }, annotations);
    for (const order of shuffles(tags)) expect(selectTag(policy, order)).toMatchObject({ tag: picks });
  });

  test.for([
    { because: 'a range counts naturally too', range: '>=1.0.0-rc10', tags: ['1.0.0-rc9', '1.0.0-rc11'], picks: '1.0.0-rc11' },
    { because: 'a release is above its pre-releases', range: '>=1.0.0-0', tags: ['1.0.0', '1.0.0-rc10'], picks: '1.0.0' },
    { because: 'zeros in front do not count', range: '>=1.0.0-0', tags: ['1.0.0-rc09', '1.0.0-rc010'], picks: '1.0.0-rc010' },
    {
      because: 'numbers past 2^53 are exact',
      range: '>=1.0.0-0',
      tags: ['1.0.0-b20240131120000002', '1.0.0-b20240131120000001'],
      picks: '1.0.0-b20240131120000002',
    },
    {
      because: 'later parts count as well',
      range: '>=1.0.0-0',
      tags: ['1.0.0-rc1.build9', '1.0.0-rc1.build12'],
      picks: '1.0.0-rc1.build12',
    },
    { because: 'a release alone stays out of what names none', range: '1.x', tags: ['1.0.0-rc10', '0.9.0'], picks: undefined },
  ])('in natural order, $because', ({ range, tags: listed, picks }) => {
    const policy = policyOf({ policy: { semver: { range } } }, natural);
    for (const order of shuffles(listed)) {
      const selection = selectTag(policy, order);
      expect(selection.kind === 'selected' ? selection.tag : undefined).toBe(picks);
    }
  });
});

describe('versions of any number of parts', () => {
  test.for([
    { because: 'four parts count', range: '*', tags: ['1.2.3.4', '1.2.3.10', '1.2.3.9'], picks: '1.2.3.10' },
    { because: 'two parts count', range: '*', tags: ['1.9', '1.10'], picks: '1.10' },
    { because: 'one part counts', range: '>=3', tags: ['9', '17', 'v12'], picks: '17' },
    { because: 'a bare range takes what begins so', range: '1.2.3', tags: ['1.2.3.7', '1.2.4.0', '1.2.3'], picks: '1.2.3.7' },
    { because: 'four parts in a range', range: '>=1.2.3.4 <1.2.3.9', tags: ['1.2.3.3', '1.2.3.8', '1.2.3.9'], picks: '1.2.3.8' },
    { because: 'a wildcard as the fourth part', range: '1.2.3.x', tags: ['1.2.3.4', '1.2.4.1'], picks: '1.2.3.4' },
    { because: 'tilde lets the last part grow', range: '~1.2.3.4', tags: ['1.2.3.4', '1.2.3.9', '1.2.4.0'], picks: '1.2.3.9' },
    { because: 'tilde of three parts stays in two', range: '~1.2.3', tags: ['1.2.3.4', '1.2.9.1', '1.3.0.0'], picks: '1.2.9.1' },
    {
      because: 'caret keeps the first part that is not 0',
      range: '^1.2.3.4',
      tags: ['1.2.3.3', '1.9.0.1', '2.0.0.0'],
      picks: '1.9.0.1',
    },
    { because: 'caret of 0.2 stays in 0.2', range: '^0.2.3', tags: ['0.2.3.1', '0.3.0.0'], picks: '0.2.3.1' },
    { because: 'above 1.2.3 is beyond all of 1.2.3', range: '>1.2.3', tags: ['1.2.3.9', '1.2.4.0'], picks: '1.2.4.0' },
    { because: 'up to 1.2.3 includes all of 1.2.3', range: '<=1.2.3', tags: ['1.2.3.9', '1.2.4.0'], picks: '1.2.3.9' },
    { because: 'a hyphen range', range: '1.2.3.4 - 1.2.3.8', tags: ['1.2.3.3', '1.2.3.5', '1.2.3.9'], picks: '1.2.3.5' },
    { because: 'not equal', range: '>=1 !=1.2.3', tags: ['1.2.3.9', '1.2.2.1'], picks: '1.2.2.1' },
    { because: 'alternatives', range: '1.2.3.4 || 2', tags: ['1.2.3.4', '2.5'], picks: '2.5' },
    { because: 'pre-releases stay out unless named', range: '1', tags: ['1.2.3.4-rc1', '1.2.3.3'], picks: '1.2.3.3' },
    { because: 'of equal ones the last in byte order', range: '*', tags: ['1.2', '1.2.0', '1.2.0.0'], picks: '1.2.0.0' },
    {
      because: 'what is no version is skipped',
      range: '*',
      tags: ['latest', '1.2.3.4.5.6.7.8.9', '1..2', '1.2.3.4'],
      picks: '1.2.3.4',
    },
  ])('$because: $range picks $picks', ({ range, tags, picks }) => {
    const policy = policyOf({ policy: { semver: { range } } }, anyParts);
    for (const order of shuffles(tags)) expect(selectTag(policy, order)).toMatchObject({ tag: picks });
  });

  test('are none without the annotation', () => {
    const policy = policyOf({ policy: { semver: { range: '*' } } });
    expect(selectTag(policy, ['1.2.3.4', '1.2', '9'])).toMatchObject({ kind: 'none' });
  });

  test('and natural order go together', () => {
    const policy = policyOf({ policy: { semver: { range: '>=1-0' } } }, { ...anyParts, ...natural });
    expect(selectTag(policy, ['1.2.3.4-rc9', '1.2.3.4-rc10'])).toMatchObject({ tag: '1.2.3.4-rc10' });
  });
});
