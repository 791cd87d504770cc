import { type Command, Option } from 'commander';

/** How a pull request is asked for on the command line. */
export interface PullRequestOptions {
  readonly pullRequest?: boolean;
  /** It goes into this branch; by default the one that is checked out. */
  readonly base?: string;
  /** It comes from this branch. */
  readonly branch?: string;
  readonly forge?: string;
  readonly forgeUrl?: string;
  readonly repository?: string;
  readonly tokenFile?: string;
}

/** Adds the options of a command that can end in a pull request, from `branch` unless another is named. */
export function addRequestOptions(command: Command, branch: string): Command {
  return command
    .option('--pull-request', 'commit on a branch of the remote and open a pull request; the folder stays as it is')
    .option('--base <branch>', 'the request goes into this branch (default: the one that is checked out)')
    .option('--branch <branch>', 'the request comes from this branch', branch)
    .option('--repository <url>', 'the repository (default: where origin is)')
    .addOption(new Option('--forge <kind>', 'what the forge is, where its host does not tell').choices(forges))
    .option('--forge-url <url>', 'where the API of the forge is, where its host does not tell')
    .option('--token-file <file>', 'the token of the forge (default: $TAGALONG_FORGE_TOKEN, $GITHUB_TOKEN, $GITLAB_TOKEN, …)');
}

const forges = ['github', 'gitlab', 'gitea', 'forgejo'];
