import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../child/index.ts';

/** A person's clone of a repository, worked on with git's own commands. */
export interface WorkTree {
  readonly folder: string;
  git(...args: readonly string[]): Promise<string>;
  pull(): Promise<void>;
  edit(path: string, change: (text: string) => string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Commits everything and pushes; returns the new commit. */
  commitAndPush(message: string): Promise<string>;
  /** `git revert` and push; returns the new commit. */
  revertAndPush(commit: string): Promise<string>;
  /** The commit the remote's branch is at. */
  remoteHead(): Promise<string>;
}

/** Clones `url`, as `person` with an address, into `folder`. An empty repository becomes a clone on branch main. */
export async function cloneWorkTree(url: string, folder: string, person: { name: string; email: string }): Promise<WorkTree> {
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: person.name,
    GIT_AUTHOR_EMAIL: person.email,
    GIT_COMMITTER_NAME: person.name,
    GIT_COMMITTER_EMAIL: person.email,
  };
  const run = async (args: readonly string[]) => {
    const end = await runProgram({ program: 'git', args, environment, maxOutputBytes: 16 << 20 });
    if (end.kind === 'exited' && end.code === 0) return end.output.toString();
    throw new Error(`git ${args.join(' ')} failed: ${end.kind === 'exited' ? end.errors : end.kind}`);
  };
  const git = (...args: readonly string[]) => run(['-C', folder, '-c', 'init.defaultBranch=main', ...args]);
  const pushHead = async () => {
    await git('push', '--quiet', 'origin', 'HEAD:main');
    return (await git('rev-parse', 'HEAD')).trim();
  };
  await run(['-c', 'init.defaultBranch=main', 'clone', '--quiet', url, folder]);
  return {
    folder,
    git,
    pull: async () => void (await git('pull', '--quiet', '--ff-only', 'origin', 'main')),
    edit: async (path, change) => writeFile(join(folder, path), change(await readFile(join(folder, path), 'utf8'))),
    remove: (path) => rm(join(folder, path)),
    async commitAndPush(message) {
      await git('add', '--all');
      await git('commit', '--quiet', '--message', message);
      return pushHead();
    },
    async revertAndPush(commit) {
      await git('revert', '--no-edit', commit);
      return pushHead();
    },
    remoteHead: async () => (await git('ls-remote', 'origin', 'refs/heads/main')).split('\t')[0] ?? '',
  };
}
