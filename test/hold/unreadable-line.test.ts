import { expect, test } from 'vitest';
import { describeUnreadable, isReleasedBy, parseUnreadableLine, releaseToken } from '../../src/hold/index.ts';

const marker = { file: 'apps/web.yaml', line: 7, policy: { namespace: 'apps', name: 'web' } };
const push = 'abcdef0123456789abcdef0123456789abcdef01';

test('a bump that waits for history says where, why and how to go on, in one line that can be read back', () => {
  const line = describeUnreadable(marker, 'git said:\nno such object');
  expect([line, parseUnreadableLine(line)]).toEqual([
    'apps/web.yaml:7: git said: no such object; `tagalong release web -n apps` lands it all the same',
    { policy: marker.policy, because: 'apps/web.yaml:7: git said: no such object' },
  ]);
});

test.for([
  ['a refused downgrade', 'apps/web.yaml:7: 1.0.0 is older than 1.1.0'],
  ['the count of what did not fit', '… and 3 more'],
  ['the sentence with something behind it', `${describeUnreadable(marker, 'x')}, or so`],
])('%s is no such line', ([, line]) => {
  expect(parseUnreadableLine(line ?? '')).toBeNull();
});

test.for([
  { because: 'after the push it was given for', push, policy: marker.policy, is: true },
  { because: 'after the next push', push: push.replace('a', 'b'), policy: marker.policy, is: false },
  { because: 'of another policy', push, policy: { namespace: 'apps', name: 'api' }, is: false },
])('a token without a commit releases $is: $because', ({ push: lastPush, policy, is }) => {
  expect(isReleasedBy(releaseToken('web', null, push), { policy, by: null }, lastPush)).toBe(is);
});
