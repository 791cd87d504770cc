import { expect, test } from 'vitest';
import type { Hold } from '../../src/core/index.ts';
import { describeHold, isReleasedBy, parseHeldLine, releaseToken } from '../../src/hold/index.ts';

const commit = 'abcdef0123456789abcdef0123456789abcdef01';
const value = 'example.com/web:1.1.0';

function holdOf(difference: Partial<Hold> = {}, subject = 'Revert "Bump"', author = 'Ann'): Hold {
  return {
    policy: { namespace: 'flux-system', name: 'web' },
    file: 'apps/web.yaml',
    object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' },
    path: 'spec.template.spec.containers[web].image',
    part: 'image',
    value,
    current: 'example.com/web:1.0.0',
    by: { commit, author: { name: author, email: 'ann@example.com', seconds: 0 }, subject },
    because: `${author} changed it from ${value} to example.com/web:1.0.0 in ${commit.slice(0, 7)} (${subject})`,
    ...difference,
  };
}

test.for([
  { because: 'a hold at an object', hold: holdOf() },
  {
    because: 'one at an object without a namespace',
    hold: holdOf({ object: { apiVersion: 'v1', kind: 'Node', namespace: '', name: 'web' } }),
  },
  {
    because: 'one in a file that is no object',
    hold: holdOf({ object: { apiVersion: '', kind: '', namespace: '', name: '' }, path: 'web.image' }),
  },
  {
    because: 'a folder with brackets and a subject with brackets',
    hold: holdOf({ file: 'apps (old)/web.yaml' }, 'Revert (again) in abc; really'),
  },
  { because: 'an author whose name reads like the sentence', hold: holdOf({}, 'Revert', 'changed it from in 1234567 (x)') },
  {
    because: 'a tag alone',
    hold: holdOf({
      part: 'tag',
      value: '1.1.0',
      because: `Ann changed it from 1.1.0 to 1.0.0 in ${commit.slice(0, 7)} (Revert "Bump")`,
      current: '1.0.0',
    }),
  },
])('$because is read back from its sentence', ({ hold }) => {
  const { policy, file, path, value: held, current, because } = hold;
  const { kind, namespace, name } = hold.object;
  expect(parseHeldLine(describeHold(hold))).toEqual({
    ...{ policy, file, path, current, because, value: held, object: { kind, namespace, name } },
    by: hold.by && { commit: hold.by.commit.slice(0, 7), author: hold.by.author.name, subject: hold.by.subject },
  });
});

test('rewritten history has no commit, and says what is back', () => {
  const because = `the branch was reset or force-pushed: abcdef0, which wrote ${value}, is no longer in it, and example.com/web:1.0.0 is back`;
  expect(parseHeldLine(describeHold(holdOf({ by: null, because })))).toMatchObject({
    by: null,
    current: 'example.com/web:1.0.0',
  });
});

test.for(['', '… and 3 more', 'example.com/web:1.1.0 is held at nowhere'])('%j is no hold', (line) => {
  expect(parseHeldLine(line)).toBeNull();
});

test.for([
  { because: 'the commit in full lifts its hold', token: releaseToken('web', commit, undefined), released: true },
  { because: 'so does its abbreviation', token: 'web@abcdef0', released: true },
  { because: 'six digits are too few', token: 'web@abcdef', released: false },
  { because: 'another commit lifts nothing', token: 'web@1234567', released: false },
  { because: 'another policy lifts nothing', token: `api@${commit}`, released: false },
  { because: 'it may stand among others', token: `api@1234567, web@${commit.slice(0, 10)}`, released: true },
])('$because', ({ token, released }) => {
  expect(isReleasedBy(token, holdOf(), undefined)).toBe(released);
});

test.for([
  { because: 'rewritten history is released by the push that was lost', token: 'web@rewritten-abc1234def', released: true },
  { because: 'and not by an abbreviation of it', token: 'web@rewritten-abc1234', released: false },
])('$because', ({ token, released }) => {
  expect(isReleasedBy(token, holdOf({ by: null }), 'abc1234def')).toBe(released);
});
