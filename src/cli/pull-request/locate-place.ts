import { type ForgePlace, locateForge } from '../../forge/index.ts';
import { openWorkTree } from '../../git/index.ts';
import { CliError } from '../error.ts';
import type { PullRequestOptions } from './request-options.ts';

/** Where a request goes. */
export interface RequestPlace {
  /** Of the repository, over http or https. */
  readonly url: string;
  readonly place: ForgePlace;
  readonly base: string;
  readonly branch: string;
}

const refGrammar = /^(?!.*(?:\.\.|\/\/|@\{|\.lock(?:\/|$)))[A-Za-z0-9_][A-Za-z0-9._/-]{0,200}$/;

/** The forge, repository and branches that a folder's `origin` and the options say. Throws USAGE with what is missing. */
export async function locatePlace(
  root: string,
  options: PullRequestOptions & { readonly branch: string },
): Promise<RequestPlace> {
  await using tree = await openWorkTree(root);
  if (tree === null) throw new CliError('USAGE', `--pull-request: ${root} is in no git work tree`);
  const origin = await tree.readOrigin();
  const written = options.repository ?? origin.url;
  if (written === null) throw new CliError('USAGE', '--pull-request: the work tree has no remote origin; give --repository URL');
  const url = overHttps(written);
  const located = locateForge(url, { kind: options.forge, apiUrl: options.forgeUrl });
  if (located.kind === 'unknown')
    throw new CliError(
      'USAGE',
      `--pull-request: the forge of ${url} is not known: ${located.because}; give --forge and --forge-url`,
    );
  const base = options.base ?? origin.branch;
  if (base === null) throw new CliError('USAGE', '--pull-request: no branch is checked out; give --base BRANCH');
  const { branch } = options;
  for (const name of [base, branch])
    if (!refGrammar.test(name)) throw new CliError('USAGE', `${JSON.stringify(name)} cannot be a branch`);
  if (base === branch) throw new CliError('USAGE', `--branch ${branch}: a request cannot come from the branch that it goes into`);
  return { url, place: located.place, base, branch };
}

/** A token opens no ssh: `git@host:owner/name.git` is the same repository at `https://host/owner/name.git`. */
function overHttps(written: string): string {
  const [, host, path] = /^(?:ssh:\/\/)?(?:[^@/]+@)?([A-Za-z0-9.-]+)(?::(?:[0-9]+\/)?|\/)(?!\/)(.+)$/.exec(written) ?? [];
  const isSsh = written.startsWith('ssh://') || !written.includes('://');
  if (isSsh && host !== undefined && path !== undefined) return `https://${host}/${path}`;
  const url = URL.parse(written);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new CliError('USAGE', '--pull-request: the remote is none of http, https and ssh; give --repository URL');
  url.username = '';
  url.password = '';
  return url.href;
}
