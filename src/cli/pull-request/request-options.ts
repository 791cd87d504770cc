import { type Command, Option } from 'commander';

/** Adds the options of a command that can end in a pull request. */
export function addRequestOptions(command: Command): Command {
  return command
    .option('--pull-request', 'commit on a branch of the remote and open a pull request; the folder stays as it is')
    .option('--base <branch>', 'the request goes into this branch (default: the one that is checked out)')
    .option('--branch <branch>', 'the request comes from this branch (default: tagalong/<command>)')
    .option('--repository <url>', 'the repository (default: where origin is)')
    .addOption(new Option('--forge <kind>', 'what the forge is, where its host does not tell').choices(forges))
    .option('--forge-url <url>', 'where the API of the forge is, where its host does not tell')
    .option('--token-file <file>', 'the token of the forge (default: $TAGALONG_FORGE_TOKEN, $GITHUB_TOKEN, $GITLAB_TOKEN, …)');
}

const forges = ['github', 'gitlab', 'gitea', 'forgejo'];
