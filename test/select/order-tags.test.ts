import { expect, test } from 'vitest';
import { orderTags, passesPolicy, type TagPolicySpec } from '../../src/select/index.ts';
import { policyOf } from './policy-of.ts';

const build: TagPolicySpec = {
  policy: { numerical: {} },
  filterTags: { pattern: '^main-[a-z]+-([0-9]+)$', extract: '$1' },
};

test.for<{ because: string; spec: TagPolicySpec; a: string; b: string; is: 'later' | 'before' | 'equal' | 'unordered' }>([
  { because: 'versions', spec: { policy: { semver: { range: '*' } } }, a: '1.10.0', b: '1.9.0', is: 'later' },
  { because: 'a v does not matter', spec: { policy: { semver: { range: '*' } } }, a: 'v1.0.0', b: '1.0.0', is: 'equal' },
  {
    because: 'a tag outside the range has a place',
    spec: { policy: { semver: { range: '<2' } } },
    a: '1.0.0',
    b: '2.0.0',
    is: 'before',
  },
  { because: 'latest has none', spec: { policy: { semver: { range: '*' } } }, a: '1.0.0', b: 'latest', is: 'unordered' },
  { because: 'extracted numbers', spec: build, a: 'main-z-9', b: 'main-a-10', is: 'before' },
  { because: 'another branch has no place', spec: build, a: 'main-z-9', b: 'dev-a-10', is: 'unordered' },
  { because: 'desc turns it round', spec: { policy: { alphabetical: { order: 'desc' } } }, a: 'a', b: 'b', is: 'later' },
  { because: 'desc turns numbers round', spec: { policy: { numerical: { order: 'desc' } } }, a: '10', b: '9', is: 'before' },
])('$because: $a is $is to $b', ({ spec, a, b, is }) => {
  const order = orderTags(policyOf(spec), a, b);
  expect(order === 'unordered' ? order : order > 0 ? 'later' : order < 0 ? 'before' : 'equal').toBe(is);
});

test.for([
  ['1.9.0', true],
  ['2.0.0', false],
  ['1.9.0-rc.1', false],
  ['latest', false],
  ['not a tag', false],
] as const)('whether %s passes <2 is %s', ([tag, passes]) => {
  expect(passesPolicy(policyOf({ policy: { semver: { range: '<2' } } }), tag)).toBe(passes);
});
