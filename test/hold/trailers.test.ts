import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { followsPolicy, parseTrailers } from '../../src/hold/index.ts';

const ours = 'Tagalong-Automation: test/flux-system/web\nTagalong-Reason: policy';

test.for([
  { because: 'the last paragraph counts', message: `Bump\n\nBody.\n\n${ours}\n`, follows: true },
  { because: 'blank lines at the end do not matter', message: `Bump\n\n${ours}\n\n\n`, follows: true },
  { because: 'keys are compared without case', message: `Bump\n\n${ours.toLowerCase()}\n`, follows: true },
  {
    because: 'other trailers may stand beside',
    message: `Bump\n\n${ours}\nSigned-off-by: Ann <ann@example.com>\n`,
    follows: true,
  },
  {
    because: 'a cherry-pick that says so keeps them',
    message: `Bump\n\n${ours}\n(cherry picked from commit ${'a'.repeat(40)})\n`,
    follows: true,
  },
  { because: 'a value may go on in an indented line', message: `Bump\n\nNote: one\n two\n${ours}\n`, follows: true },
  {
    because: 'a quotation in the body does not count',
    message: `Revert "Bump"\n\n${ours}\n\nThis reverts commit abc.\n`,
    follows: false,
  },
  {
    because: 'a last paragraph of prose does not count',
    message: `Revert\n\nIt said:\n${ours}\nwhich was wrong\n`,
    follows: false,
  },
  { because: 'a title does not count', message: `${ours}\n`, follows: false },
  {
    because: 'another reason does not count',
    message: `Bump\n\nTagalong-Automation: a/b/c\nTagalong-Reason: rollback\n`,
    follows: false,
  },
  { because: 'a reason without our name does not count', message: 'Bump\n\nTagalong-Reason: policy\n', follows: false },
  { because: 'quoted lines of a mail do not count', message: `Re: Bump\n\n${ours.replaceAll(/^/gm, '> ')}\n`, follows: false },
  { because: 'an empty message has none', message: '', follows: false },
  {
    because: 'windows line ends are no part of a value',
    message: `Bump\r\n\r\n${ours.replace('\n', '\r\n')}\r\n`,
    follows: true,
  },
])('$because', ({ message, follows }) => {
  expect(followsPolicy(message)).toBe(follows);
});

test.for([
  'Bump\n\nA: b\nC: d\n',
  'Bump\n\nA: b\nprose\n',
  'Bump\n\nA: b\nprose\nprose\nSigned-off-by: x\n',
  'Bump\n\nA: b\n continued\nC:d\n',
  'Bump\n\nA : b\n\nB: c\n',
  'Bump\n\n A: b\n',
  'Bump\n\nno trailers here\n',
  'Bump\nA: b\n',
  'Bump\n\nA: b\nhttps://example.com/x\n',
  'Bump\n\nprose\n\n# comment: x\nA: b\n',
])('%j has the trailers that git finds', (message) => {
  const git = execFileSync('git', ['interpret-trailers', '--parse', '--no-divider'], { input: message, encoding: 'utf8' });
  const found = parseTrailers(message).map(({ key, value }) => `${key}: ${value}\n`);
  expect(found.join('')).toBe(git);
});

test.for([
  { because: 'the bot of this cluster', clusterId: 'test', follows: true },
  { because: 'the bot of another cluster has policies of its own', clusterId: 'other', follows: false },
  { because: 'nor is a cluster whose name begins alike', clusterId: 'tes', follows: false },
])('$because: $follows', ({ clusterId, follows }) => {
  expect(followsPolicy(`Bump\n\n${ours}\n`, clusterId)).toBe(follows);
});
