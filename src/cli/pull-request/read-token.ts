import { readFile } from 'node:fs/promises';
import { describeFileError } from '../describe-file-error.ts';
import { CliError } from '../error.ts';

const variables = ['TAGALONG_FORGE_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN', 'GITLAB_TOKEN', 'GITEA_TOKEN', 'FORGEJO_TOKEN'];

/** The token that opens the forge and its git: of a file, else of the environment. Throws USAGE where there is none. */
export async function readToken(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const token = file === undefined ? fromEnvironment(environment) : await fromFile(file);
  if (token !== '') return token;
  const where = file === undefined ? `none of ${variables.join(', ')} is set` : `${file} is empty`;
  throw new CliError('USAGE', `--pull-request needs a token of the forge, and ${where}; give --token-file FILE or set one`);
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): string {
  const name = variables.find((variable) => (environment[variable] ?? '').trim() !== '');
  return name === undefined ? '' : (environment[name] ?? '').trim();
}

async function fromFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new CliError('USAGE', `--token-file ${file}: ${describeFileError(cause)}`, cause);
  }
}
