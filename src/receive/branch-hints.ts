import { memberAt, textAt } from './read-body.ts';

/**
 * The branches whose requests a payload tells of: pull requests of GitHub, Gitea, Forgejo and Bitbucket, merge requests of GitLab. A hint
 * where to look; what became of a request is asked of the forge itself.
 */
export function branchHints(payload: unknown): string[] {
  const named = [
    textAt(payload, 'pull_request', 'head', 'ref'),
    memberAt(payload, 'object_kind') === 'merge_request' ? textAt(payload, 'object_attributes', 'source_branch') : '',
    textAt(payload, 'pullrequest', 'source', 'branch', 'name'),
  ];
  return named.filter((branch) => branchGrammar.test(branch));
}

const branchGrammar = /^[\w.+-]+(\/[\w.+-]+)*$/;
