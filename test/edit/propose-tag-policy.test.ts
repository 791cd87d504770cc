import { expect, test } from 'vitest';
import { versionStyleOf } from '../../src/api/index.ts';
import { proposeTagPolicy } from '../../src/edit/index.ts';
import { compileTagPolicy, selectTag, type TagPolicySpec } from '../../src/select/index.ts';

/** What the proposed policy picks of what comes later. */
function pick(tag: string, others: readonly string[]): string | null {
  const proposal = proposeTagPolicy(tag);
  if (proposal.kind === 'none') return null;
  const spec = { policy: proposal.policy, filterTags: proposal.filterTags } as TagPolicySpec;
  const compiled = compileTagPolicy(spec, versionStyleOf(proposal.annotations));
  if (compiled.kind === 'invalid') throw new Error(compiled.reason);
  const picked = selectTag(compiled.policy, [tag, ...others]);
  return picked.kind === 'selected' ? picked.tag : null;
}

test.for([
  {
    because: 'a version goes to the next compatible one',
    tag: '1.2.3',
    others: ['1.9.0', '2.0.0', '1.10.0-rc.1'],
    picks: '1.9.0',
  },
  { because: 'a v stays', tag: 'v1.2.3', others: ['v1.3.0', 'latest'], picks: 'v1.3.0' },
  { because: 'a version alone stays', tag: '1.2.3', others: ['0.9.0'], picks: '1.2.3' },
  { because: 'a pre-release goes on to others', tag: '1.2.3-rc.1', others: ['1.2.3-rc.2', '1.2.2'], picks: '1.2.3-rc.2' },
  {
    because: 'a variant stays one',
    tag: '1.25.3-alpine',
    others: ['1.26.0', '1.25.4-alpine', '1.27.0-perl'],
    picks: '1.25.4-alpine',
  },
  {
    because: 'numbers of a variant may differ',
    tag: '7.2.4-debian-12-r9',
    others: ['7.2.5-debian-12-r1'],
    picks: '7.2.5-debian-12-r1',
  },
  { because: 'two parts stay two', tag: '1.25', others: ['1.27', '1.28.1', '2.0'], picks: '1.27' },
  { because: 'two parts of a variant', tag: '1.25-alpine3.19', others: ['1.27-alpine3.20', '1.28'], picks: '1.27-alpine3.20' },
  { because: 'a year is no major', tag: '2024.5.1', others: ['2025.1.0'], picks: '2025.1.0' },
  { because: 'a date with zeros', tag: '2024.05.01', others: ['2024.11.02', '2024.6'], picks: '2024.11.02' },
  { because: 'a time', tag: '20240512-101112', others: ['20250101-000000', '99999999'], picks: '20250101-000000' },
  {
    because: 'a date behind a word',
    tag: 'RELEASE.2024-05-12T10-11-12Z',
    others: ['RELEASE.2025-01-01T00-00-00Z'],
    picks: 'RELEASE.2025-01-01T00-00-00Z',
  },
  { because: 'a date before a commit', tag: '20240512-3f2a1b9', others: ['20250101-0a1b2c3'], picks: '20250101-0a1b2c3' },
  { because: 'a number', tag: '99', others: ['100', '9'], picks: '100' },
  { because: 'a build', tag: 'build-9', others: ['build-10', 'test-11'], picks: 'build-10' },
  {
    because: 'a branch, a commit and a time',
    tag: 'main-3f2a1b9-1700000000',
    others: ['main-aaaaaaa-1800000000'],
    picks: 'main-aaaaaaa-1800000000',
  },
  {
    because: 'a number before a commit',
    tag: 'main-1700000000-3f2a1b9',
    others: ['main-1800000000-aaaaaaa'],
    picks: 'main-1800000000-aaaaaaa',
  },
])('$because', ({ tag, others, picks }) => {
  expect(pick(tag, others)).toBe(picks);
});

test.for(['latest', 'stable', 'main', 'edge', 'sha-3f2a1b9', '3f2a1b9c0d', '3f2a1b9c0d3f2a1b9c0d3f2a1b9c0d3f2a1b9c0d', ''])(
  '%s has no order',
  (tag) => {
    expect(proposeTagPolicy(tag).kind).toBe('none');
  },
);
