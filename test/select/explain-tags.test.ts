import { expect, test } from 'vitest';
import { compileExclusions, explainTags, hintTags, selectTag, type TagPolicySpec } from '../../src/select/index.ts';
import { policyOf } from './policy-of.ts';

function exclusionsOf(list?: readonly string[]) {
  const compiled = compileExclusions(list);
  if (compiled.kind === 'invalid') throw new Error(compiled.reason);
  return compiled.exclusions;
}

test('every tag is told the rule that dropped it', () => {
  const policy = policyOf({ policy: { semver: { range: '<2' } }, filterTags: { pattern: '^v' } });
  const tags = ['v1.0.0', 'v1.2.0', 'v2.0.0', 'v1.3.0-rc.1', 'v1', '1.1.0', 'sha256-00.sig', 'not a tag'];
  expect(explainTags(policy, tags, exclusionsOf())).toEqual([
    { tag: 'v1.0.0', selected: false, stage: 'order', reason: 'comes before v1.2.0 in semver range "<2"' },
    { tag: 'v1.2.0', selected: true, stage: 'selected', reason: 'first by semver range "<2"' },
    { tag: 'v2.0.0', selected: false, stage: 'range', reason: 'outside the range "<2"' },
    { tag: 'v1.3.0-rc.1', selected: false, stage: 'range', reason: 'a pre-release, and the range "<2" names none' },
    { tag: 'v1', selected: false, stage: 'parse', reason: 'not a version of three parts' },
    { tag: '1.1.0', selected: false, stage: 'pattern', reason: 'does not match the pattern "^v"' },
    {
      tag: 'sha256-00.sig',
      selected: false,
      stage: 'exclusion',
      reason: String.raw`excluded by the repository's pattern "^.*\\.sig$"`,
    },
    { tag: 'not a tag', selected: false, stage: 'malformed', reason: 'not a tag that a registry can have' },
  ]);
});

test('extracted values are named beside their tags', () => {
  const policy = policyOf({ policy: { numerical: {} }, filterTags: { pattern: '^b-(.*)$', extract: '$1' } });
  expect(explainTags(policy, ['b-1', 'b-2', 'b-x', 'b-02']).map(({ reason }) => reason)).toEqual([
    'comes before 02 (b-02) in numerical order (asc)',
    'equal to 02 (b-02) in numerical order (asc); of equal tags that one is picked',
    '"x" is not a number',
    'first by numerical order (asc)',
  ]);
});

test('the explanation and the selection agree', () => {
  const policy = policyOf({ policy: { semver: { range: '>=1.0.0-0' } } });
  const tags = ['1.0.0', '1.1.0-rc.1', 'v1.0.0', '1.1.0-rc.1', 'x'];
  const selected = explainTags(policy, tags).filter((verdict) => verdict.selected);
  expect(selected.map(({ tag }) => tag)).toEqual(['1.1.0-rc.1']);
  expect(selectTag(policy, tags)).toMatchObject({ tag: '1.1.0-rc.1' });
});

test.for<{ because: string; spec: TagPolicySpec; tags: string[]; hints: string[] }>([
  {
    because: 'a range that shuts pre-releases out',
    spec: { policy: { semver: { range: '>=1.0.0' } } },
    tags: ['1.1.0-rc.1', '1.1.0-rc.2', '0.9.0-rc.1'],
    hints: ['2 tags are pre-releases and match only if the range names one too, as in >=1.0.0-0'],
  },
  {
    because: 'tags of two parts',
    spec: { policy: { semver: { range: '*' } } },
    tags: ['1.1', '1.2'],
    hints: [
      'no tag has three parts, so that none is a version; the annotation tagalong.dev/version-parts: any takes 1, 1.2 and 1.2.3.4 too',
    ],
  },
  {
    because: 'versions behind a prefix',
    spec: { policy: { semver: { range: '*' } } },
    tags: ['release-1.1.0', 'release-1.2.0'],
    hints: ['some tags have a version behind a prefix; take it out with filterTags.pattern and extract'],
  },
  {
    because: 'an extract that runs into the next letter',
    spec: { policy: { numerical: {} }, filterTags: { pattern: '^b([0-9]+)', extract: '$1x' } },
    tags: ['b1'],
    hints: [
      `filterTags.pattern has no group named 1x, so "$1x" in extract is always empty; "\${name}" ends a name where "$name" would go on`,
      'no tag is a number (the first is "b1"); check what filterTags.extract makes of them',
    ],
  },
  {
    because: 'a pattern that matches nothing',
    spec: { policy: { alphabetical: {} }, filterTags: { pattern: '^main' } },
    tags: ['dev-1'],
    hints: ['no tag matches filterTags.pattern "^main"'],
  },
  {
    because: 'versions in alphabetical order',
    spec: { policy: { alphabetical: {} } },
    tags: ['1.9.0', '1.10.0', 'latest'],
    hints: ['these tags look like versions; alphabetical order puts 1.9.0 after 1.10.0, policy.semver does not'],
  },
  { because: 'nothing odd', spec: { policy: { semver: { range: '*' } } }, tags: ['1.0.0', 'latest'], hints: [] },
])('hints name $because', ({ spec, tags, hints }) => {
  expect(hintTags(policyOf(spec), tags)).toEqual(hints);
});
