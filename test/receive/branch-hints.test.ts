import { expect, test } from 'vitest';
import { branchHints } from '../../src/receive/index.ts';

test.for<[string, unknown, string[]]>([
  [
    'GitHub, Gitea and Forgejo',
    { action: 'closed', pull_request: { merged: false, head: { ref: 'tagalong/apps/bot/all' } } },
    ['tagalong/apps/bot/all'],
  ],
  [
    'GitLab',
    { object_kind: 'merge_request', object_attributes: { action: 'close', source_branch: 'tagalong/apps/bot/policy-web' } },
    ['tagalong/apps/bot/policy-web'],
  ],
  ['a comment on GitLab, which has another kind', { object_kind: 'note', object_attributes: { source_branch: 'a' } }, []],
  ['Bitbucket', { pullrequest: { source: { branch: { name: 'feature' } } } }, ['feature']],
  ['a push', { ref: 'refs/heads/main', commits: [] }, []],
  ['what is no branch', { pull_request: { head: { ref: '../x y' } } }, []],
  ['no object', 'tagalong/apps/bot/all', []],
])('%s', ([, payload, branches]) => {
  expect(branchHints(payload)).toEqual(branches);
});
