import { expect, test } from 'vitest';
import { type DirectionQuestion, decideDirection } from '../../src/hold/index.ts';
import { orderTags } from './support/ask.ts';

function question(change: Partial<DirectionQuestion>): DirectionQuestion {
  const accepted = { passesPolicy: () => true, allowDowngrade: false };
  return { part: 'image', current: 'web:1.1.0', selected: 'web:1.0.0', orderTags, ...accepted, ...change };
}

test.for([
  { because: 'a newer tag goes forward', change: { selected: 'web:1.2.0' }, direction: 'forward', reason: null, write: true },
  {
    because: 'a tag that vanished from the listing is not left',
    change: {},
    direction: 'refused-downgrade',
    reason: null,
    write: false,
  },
  {
    because: 'a bare tag is judged like an image',
    change: { part: 'tag', current: '1.1.0', selected: '1.0.0' },
    direction: 'refused-downgrade',
    reason: null,
    write: false,
  },
  {
    because: 'a policy that excludes the tag is followed back',
    change: { passesPolicy: () => false },
    direction: 'policy-backwards',
    reason: 'policy',
    write: true,
  },
  {
    because: 'an annotation allows the rest',
    change: { allowDowngrade: true },
    direction: 'policy-backwards',
    reason: 'policy',
    write: true,
  },
  {
    because: 'a tag without order is followed',
    change: { current: 'web:latest' },
    direction: 'unordered',
    reason: 'policy',
    write: true,
  },
  {
    because: 'a value without a tag is followed',
    change: { current: 'web' },
    direction: 'unordered',
    reason: 'policy',
    write: true,
  },
  {
    because: 'a new digest of the same tag has no direction',
    change: { current: 'web:1.0.0@sha256:a', selected: 'web:1.0.0@sha256:b' },
    direction: 'unordered',
    reason: 'policy',
    write: true,
  },
  {
    because: 'another digest of a newer tag goes forward',
    change: { current: 'web:1.0.0@sha256:a', selected: 'web:1.1.0@sha256:b' },
    direction: 'forward',
    reason: null,
    write: true,
  },
  {
    because: 'a port is no tag',
    change: { current: 'host:5000/web', selected: 'host:5000/web:1.0.0' },
    direction: 'unordered',
    reason: 'policy',
    write: true,
  },
  {
    because: 'a digest alone has no direction',
    change: { part: 'digest', current: 'sha256:a', selected: 'sha256:b' },
    direction: 'unordered',
    reason: 'policy',
    write: true,
  },
  {
    because: 'a name alone has no direction',
    change: { part: 'name', current: 'a/web', selected: 'b/web' },
    direction: 'unordered',
    reason: 'policy',
    write: true,
  },
] as const)('$because', ({ change, direction, reason, write }) => {
  expect(decideDirection(question(change))).toMatchObject({ direction, reason, write });
});

test('a refusal says what to do', () => {
  expect(decideDirection(question({})).because).toBe(
    '1.0.0 is older than 1.1.0, which the policy still accepts but the registry no longer lists; push 1.1.0 again, narrow the policy, or set tagalong.dev/allow-downgrade: "true" on it',
  );
});

test('the policy is asked about the tag in git', () => {
  const asked: string[] = [];
  decideDirection(question({ passesPolicy: (tag) => asked.push(tag) > 0 }));
  expect(asked).toEqual(['1.1.0']);
});
