import { describe, expect, test } from 'vitest';
import { compileTagPolicy, selectTag, type TagPolicySpec } from '../../src/select/index.ts';
import { policyOf, shuffles } from './policy-of.ts';

interface Row {
  readonly because: string;
  readonly spec: TagPolicySpec;
  readonly tags: readonly string[];
  readonly picks: string;
}

const semver = (range: string) => ({ policy: { semver: { range } } });
const alphabetical = (order?: string) => ({ policy: { alphabetical: { order } } });
const numerical = (order?: string) => ({ policy: { numerical: { order } } });

const rows: readonly Row[] = [
  { because: 'a v prefix is accepted and kept', spec: semver('1.x'), tags: ['v1.0.0', 'v1.1.0', 'v2.0.0'], picks: 'v1.1.0' },
  { because: 'pre-releases need an explicit range', spec: semver('1.x'), tags: ['1.0.0', '1.1.0-rc.1'], picks: '1.0.0' },
  { because: 'versions go by number', spec: semver('*'), tags: ['1.9.0', '1.10.0', '1.2.0'], picks: '1.10.0' },
  {
    because: 'tags that are no versions are skipped',
    spec: semver('*'),
    tags: ['latest', '1.0.0', '1.0.0.1', 'b9.0.0'],
    picks: '1.0.0',
  },
  {
    because: 'of equal versions the last in byte order wins',
    spec: semver('*'),
    tags: ['1.0.0', 'v1.0.0', '01.0.0'],
    picks: 'v1.0.0',
  },
  {
    because: 'a release beats its pre-releases',
    spec: semver('>=1.0.0-0'),
    tags: ['1.1.0-rc.9', '1.1.0', '1.1.0-rc.10'],
    picks: '1.1.0',
  },
  {
    because: 'pre-releases go by number, past 2^53',
    spec: semver('>=1.0.0-0'),
    tags: ['1.0.0-9007199254740993', '1.0.0-9007199254740992', '1.0.0-9'],
    picks: '1.0.0-9007199254740993',
  },
  { because: 'asc picks the last', spec: alphabetical('asc'), tags: ['xenial', 'yakkety', 'bionic'], picks: 'yakkety' },
  { because: 'desc picks the first', spec: alphabetical('desc'), tags: ['xenial', 'yakkety', 'bionic'], picks: 'bionic' },
  { because: 'asc is the default', spec: alphabetical(), tags: ['a', 'b'], picks: 'b' },
  { because: 'an order in capitals is read', spec: alphabetical('DESC'), tags: ['a', 'b'], picks: 'a' },
  { because: 'capitals come before small letters', spec: alphabetical(), tags: ['Z', 'a', '_'], picks: 'a' },
  { because: 'letters are not numbers', spec: alphabetical(), tags: ['1.10.0', '1.9.0'], picks: '1.9.0' },
  { because: 'asc picks the greatest', spec: numerical('asc'), tags: ['9', '10', '1'], picks: '10' },
  { because: 'desc picks the smallest', spec: numerical('desc'), tags: ['9', '10', '1'], picks: '1' },
  { because: 'one tag that is no number does not stop the rest', spec: numerical(), tags: ['9', 'latest', '10'], picks: '10' },
  { because: 'fractions count', spec: numerical(), tags: ['1.5', '1.45', '1.05'], picks: '1.5' },
  { because: 'exponents count', spec: numerical(), tags: ['1e3', '999', '2e2'], picks: '1e3' },
  { because: 'a hash that reads as a huge exponent is no number', spec: numerical(), tags: ['12e4567', '7'], picks: '7' },
  { because: 'Inf and NaN are no numbers', spec: numerical(), tags: ['Inf', 'NaN', 'infinity', '0x10p1', '1'], picks: '1' },
  {
    because: 'timestamps past 2^53 keep every digit',
    spec: numerical(),
    tags: ['20240131235959999999', '20240131235959999998'],
    picks: '20240131235959999999',
  },
  { because: 'of equal numbers the first in byte order wins', spec: numerical(), tags: ['1', '01', '1.0'], picks: '01' },
  { because: 'underscores separate digits', spec: numerical(), tags: ['1_000', '999'], picks: '1_000' },
  {
    because: 'semver goes before the others',
    spec: { policy: { semver: { range: '*' }, alphabetical: {}, numerical: {} } },
    tags: ['1.10.0', '1.9.0', '5'],
    picks: '1.10.0',
  },
  {
    because: 'alphabetical goes before numerical',
    spec: { policy: { alphabetical: {}, numerical: {} } },
    tags: ['9', '10'],
    picks: '9',
  },
];

test.for(rows)('$because: picks $picks', ({ spec, tags, picks }) => {
  const picked = shuffles(tags).map((list) => selectTag(policyOf(spec), list));
  expect(picked).toMatchObject([{ tag: picks }, { tag: picks }, { tag: picks }]);
});

describe('with filterTags', () => {
  const filtered = (policy: TagPolicySpec['policy'], pattern: string, extract?: string): TagPolicySpec => ({
    policy: policy ?? {},
    filterTags: { pattern, extract },
  });
  const build = '^main-[a-f0-9]+-(?P<ts>[0-9]+)$';
  test.for<Row>([
    {
      because: 'the number is taken out and the whole tag is picked',
      spec: filtered({ numerical: {} }, build, '$ts'),
      tags: ['main-fff-10', 'main-000-9', 'dev-1-99', 'main-abc-100'],
      picks: 'main-abc-100',
    },
    {
      because: 'groups have numbers',
      spec: filtered({ numerical: {} }, build, '$1'),
      tags: ['main-f-10', 'main-a-9'],
      picks: 'main-f-10',
    },
    {
      because: 'braces end a name',
      spec: filtered({ semver: { range: '*' } }, '^rel-([0-9]+)-([0-9]+)$', `\${1}.\${2}.0`),
      tags: ['rel-1-2', 'rel-1-10'],
      picks: 'rel-1-10',
    },
    {
      because: 'without extract the tag itself is ordered',
      spec: filtered({ semver: { range: '*' } }, '^v'),
      tags: ['v1.0.0', '2.0.0'],
      picks: 'v1.0.0',
    },
    {
      because: 'a pattern is searched anywhere',
      spec: filtered({ alphabetical: {} }, 'rc'),
      tags: ['a-rc1', 'b', 'a-rc2'],
      picks: 'a-rc2',
    },
    { because: 'an empty pattern keeps every tag', spec: filtered({ alphabetical: {} }, ''), tags: ['a', 'b'], picks: 'b' },
    {
      because: 'of tags with one value the first in byte order is picked',
      spec: filtered({ numerical: {} }, '^(?P<n>[0-9]+)-', '$n'),
      tags: ['7-b', '7-a', '6-z'],
      picks: '7-a',
    },
    {
      because: 'that holds for versions too',
      spec: filtered({ semver: { range: '*' } }, '^(.*)-[a-z]$', '$1'),
      tags: ['1.0.0-b', '1.0.0-a'],
      picks: '1.0.0-a',
    },
  ])('$because: picks $picks', ({ spec, tags, picks }) => {
    const picked = shuffles(tags).map((list) => selectTag(policyOf(spec), list));
    expect(picked).toMatchObject([{ tag: picks }, { tag: picks }, { tag: picks }]);
  });
});

test.for([
  {
    because: 'there are no tags',
    spec: semver('*'),
    tags: [],
    reason: 'version list argument cannot be empty: there are no tags',
  },
  {
    because: 'the pattern drops all',
    spec: { ...semver('*'), filterTags: { pattern: '^v' } },
    tags: ['1.0.0', '2.0.0'],
    reason: 'version list argument cannot be empty: none of 2 tags is left (2 without a match of the pattern "^v")',
  },
  {
    because: 'the range has none',
    spec: semver('>=2.0.0'),
    tags: ['1.0.0', 'latest', '1.1.0', 'not a tag'],
    reason:
      'unable to determine latest version from provided list: none of 4 tags is left (1 not a version, 2 outside the semver range ">=2.0.0", 1 malformed)',
  },
  {
    because: 'none is a number',
    spec: numerical(),
    tags: ['latest'],
    reason: 'unable to determine latest version from provided list: none of 1 tag is left (1 not a number)',
  },
])('nothing is picked when $because, and the reason says so', ({ spec, tags, reason }) => {
  expect(selectTag(policyOf(spec), tags)).toMatchObject({ kind: 'none', reason });
});

test('counts add up to the tags', () => {
  const tags = ['v1.0.0', 'v3.0.0', 'vx', 'latest', 'not a tag', 'v1.2.0'];
  const { counts } = selectTag(policyOf({ ...semver('<2'), filterTags: { pattern: '^v' } }), tags);
  expect(counts).toEqual({ total: 6, malformed: 1, pattern: 1, parse: 1, range: 1, candidates: 2 });
});

test.for([
  { because: 'a policy of no kind', spec: { policy: {} }, reason: 'invalid policy: given ImagePolicyChoice object is invalid' },
  {
    because: 'an unknown order',
    spec: alphabetical('up'),
    reason: "invalid policy: invalid order argument provided: 'UP', must be one of: ASC, DESC",
  },
  {
    because: 'a broken pattern',
    spec: { ...semver('*'), filterTags: { pattern: '(abc' } },
    reason: "failed to filter tags: invalid regular expression pattern '(abc': error parsing regexp: missing closing ): `(abc`",
  },
  {
    because: 'lookahead',
    spec: { ...semver('*'), filterTags: { pattern: '(?=x)' } },
    reason:
      "failed to filter tags: invalid regular expression pattern '(?=x)': error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
  },
  {
    because: 'a broken policy before a broken pattern',
    spec: { ...semver('nope'), filterTags: { pattern: '(' } },
    reason: 'invalid policy: improper constraint: "nope"',
  },
  {
    because: 'a pattern that is too long',
    spec: { ...semver('*'), filterTags: { pattern: 'a'.repeat(5000) } },
    reason: `failed to filter tags: invalid regular expression pattern '${'a'.repeat(5000)}': pattern is longer than 4096 characters`,
  },
])('$because is refused', ({ spec, reason }) => {
  expect(compileTagPolicy(spec)).toEqual({ kind: 'invalid', reason });
});

test('200,000 tags are gone through one by one, none of them kept', () => {
  let alive = 0;
  function* tags() {
    for (alive = 0; alive < 200_000; alive += 1) yield `1.${alive % 777}.${alive}`;
  }
  expect(selectTag(policyOf(semver('<1.500')), tags())).toMatchObject({ tag: '1.499.199411' });
});

test('a pattern that keeps a backtracking engine busy for ever is matched in linear time', () => {
  const policy = policyOf({ policy: { alphabetical: {} }, filterTags: { pattern: '^(a+)+$' } });
  expect(selectTag(policy, [`${'a'.repeat(120)}b`])).toMatchObject({ kind: 'none' });
});
