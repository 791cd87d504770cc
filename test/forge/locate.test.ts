import { expect, test } from 'vitest';
import { cleanAnswer, readRefusal } from '../../src/forge/clean-answer.ts';
import { locateForge } from '../../src/forge/index.ts';
import { readRateLimit } from '../../src/forge/rate-limit.ts';
import { parseHeldLine } from '../../src/hold/index.ts';
import { codeSpan } from '../../src/reconcilers/automation-request-text.ts';
import { isRefAllowed } from '../../src/reconcilers/push-refs.ts';

test.for([
  { url: 'https://github.com/acme/fleet.git', place: 'github https://api.github.com acme/fleet' },
  { url: 'ssh://git@github.com/acme/fleet.git', place: 'github https://api.github.com acme/fleet' },
  { url: 'https://gitlab.com/acme/platform/fleet.git', place: 'gitlab https://gitlab.com acme/platform/fleet' },
  { url: 'https://codeberg.org/acme/fleet/', place: 'gitea https://codeberg.org acme/fleet' },
  { url: 'https://git.example.com/acme/fleet', kind: 'github', place: 'github https://git.example.com/api/v3 acme/fleet' },
  { url: 'https://git.example.com:8443/acme/fleet', kind: 'forgejo', place: 'gitea https://git.example.com:8443 acme/fleet' },
  { url: 'ssh://git@git.example.com:2222/acme/fleet', kind: 'gitlab', place: 'gitlab https://git.example.com acme/fleet' },
  { url: 'http://git.example.com:3000/acme/fleet', kind: 'gitea', place: 'gitea http://git.example.com:3000 acme/fleet' },
  {
    url: 'ssh://git@git.example.com/acme/fleet',
    kind: 'gitea',
    apiUrl: 'https://code.example.com/sub/',
    place: 'gitea https://code.example.com/sub acme/fleet',
  },
])('$url ($kind) is $place', ({ url, kind, apiUrl, place }) => {
  const located = locateForge(url, { kind, apiUrl });
  expect(located.kind === 'found' && Object.values(located.place).join(' ')).toBe(place);
});

test.for([
  { because: 'a host nobody knows', url: 'https://git.example.com/acme/fleet', says: 'none of the forges known by name' },
  { because: 'a host that only ends like a known one', url: 'https://evilgithub.com/a/b', says: 'none of the forges' },
  { because: 'no owner', url: 'https://github.com/fleet', says: 'is not <owner>/<repository>' },
  { because: 'groups where there are none', url: 'https://github.com/a/b/c', says: 'is not <owner>/<repository>' },
  { because: 'a path that climbs', url: 'https://gitlab.com/a/%2e%2e%2fb', says: 'is not <owner>/<repository>' },
  {
    because: 'an API with a password in its URL',
    url: 'https://github.com/a/b',
    apiUrl: 'https://u:p@h',
    says: 'URL of its API',
  },
])('$because is not known', ({ url, apiUrl, says }) => {
  const located = locateForge(url, { apiUrl });
  expect(located.kind === 'unknown' && located.because).toContain(says);
});

const now = 1_700_000_000_000;
test.for<{ because: string; status: number; headers: Record<string, string>; body?: string; ms: number | null }>([
  { because: '429 with Retry-After', status: 429, headers: { 'retry-after': '30' }, ms: 30_000 },
  { because: '429 without a word', status: 429, headers: {}, ms: 60_000 },
  { because: '403 with Retry-After', status: 403, headers: { 'retry-after': '5' }, ms: 5_000 },
  {
    because: '403 with nothing remaining',
    status: 403,
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 90) },
    ms: 90_000,
  },
  {
    because: '403 that speaks of a limit',
    status: 403,
    headers: {},
    body: 'You have exceeded a secondary rate limit',
    ms: 60_000,
  },
  { because: '403 for lack of rights', status: 403, headers: { 'x-ratelimit-remaining': '4999' }, ms: null },
  { because: 'a day is too long to sleep', status: 429, headers: { 'retry-after': '86400' }, ms: 3_600_000 },
  { because: '422', status: 422, headers: { 'retry-after': '5' }, ms: null },
])('$because: $ms ms', ({ status, headers, body = '', ms }) => {
  expect(readRateLimit(status, new Headers(headers), body, now)).toBe(ms);
});

test.for([
  {
    body: '{"message":"Validation Failed","errors":[{"resource":"PullRequest","message":"already exists"}]}',
    says: 'Validation Failed: already exists',
  },
  { body: '{"message":{"base":["is invalid"],"title":["is too long"]}}', says: 'base is invalid; title is too long' },
  { body: '{"error":"invalid_token","error_description":"Token was revoked"}', says: 'invalid_token: Token was revoked' },
  { body: '<html>Bad gateway</html>', says: '<html>Bad gateway</html>' },
])('the refusal $body says $says', ({ body, says }) => {
  expect(readRefusal(body)).toBe(says);
});

test('an answer is shown on one line, without terminal sequences and without the token', () => {
  const shown = cleanAnswer(`no\u001b[31m red\u202e\nfor s3cret ${'x'.repeat(1000)}`, 's3cret');
  expect(shown).toMatch(/^no \[31m red for \[redacted\] x+…$/);
  expect(shown.length).toBeLessThan(450);
});

test.for([
  { text: 'web:1.1.0', span: '`web:1.1.0`' },
  { text: 'a`b', span: '``a`b``' },
  { text: '`', span: '`` ` ``' },
  { text: '](http://evil) @team <img src=x>\n# title', span: '`](http://evil) @team <img src=x> # title`' },
  { text: '\u202etxt.\u0007', span: '`txt.`' },
])('$text stands in a request as $span', ({ text, span }) => {
  expect(codeSpan(text)).toBe(span);
});

test('what holds since a request was closed can be read back from its sentence', () => {
  const line =
    'r/web:1.1.0 is held at apps/web.yaml (Deployment web, spec.image; policy a/web): ann closed pull request #12 unmerged, with 0123456 (Update web (to) 1.1.0); a newer tag goes on by itself; `tagalong release web -n a` lands this one';
  expect(parseHeldLine(line)).toMatchObject({
    value: 'r/web:1.1.0',
    current: null,
    by: { commit: '0123456', author: 'ann', subject: 'Update web (to) 1.1.0' },
  });
});

test.for([
  { ref: 'refs/heads/main', globs: undefined, is: true },
  { ref: 'refs/heads/main', globs: ['refs/heads/main'], is: true },
  { ref: 'refs/heads/main2', globs: ['refs/heads/main'], is: false },
  { ref: 'refs/heads/bot/a/b', globs: ['refs/tags/*', 'refs/heads/bot/*'], is: true },
  { ref: 'refs/tags/v1', globs: ['refs/heads/*'], is: false },
  { ref: 'refs/heads/a-b-c', globs: ['refs/heads/a*b*c'], is: true },
  { ref: 'refs/heads/ab', globs: ['refs/heads/ab*b'], is: false },
])('$ref may be pushed by $globs: $is', ({ ref, globs, is }) => {
  expect(isRefAllowed(ref, globs)).toBe(is);
});
