import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Person {
  readonly name: string;
  readonly email: string;
}

export const ann: Person = { name: 'Ann', email: 'ann@example.com' };
export const bot: Person = { name: 'tagalong', email: 'bot@example.com' };

/** A real git repository in a folder of its own, worked on by real git commands. */
export interface Repository extends Disposable {
  readonly path: string;
  git(...args: string[]): string;
  write(files: Readonly<Record<string, string>>): void;
  /** Stages everything and commits it. */
  commit(message: string, files?: Readonly<Record<string, string>>, author?: Person): string;
  /** A commit of the automation with its trailers. */
  bump(message: string, files: Readonly<Record<string, string>>, reason?: 'policy'): string;
  head(): string;
}

const environment = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_EDITOR: 'true', LC_ALL: 'C' };

export function createRepository(): Repository {
  const path = mkdtempSync(join(tmpdir(), 'tagalong-hold-'));
  let seconds = 1_700_000_000;
  const git = (...args: string[]) => runGit(path, args, ann, seconds);
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), text);
    }
  };
  const commit = (message: string, files: Readonly<Record<string, string>> = {}, author = ann) => {
    write(files);
    seconds += 60;
    git('add', '--all');
    runGit(path, ['commit', '--quiet', '--allow-empty', '--cleanup=verbatim', '-m', message], author, seconds);
    return git('rev-parse', 'HEAD');
  };
  git('init', '--quiet', '--initial-branch=main');
  return {
    path,
    git,
    write,
    commit,
    bump: (message, files, reason) =>
      commit(
        `${message}\n\nTagalong-Automation: test/flux-system/web${reason ? `\nTagalong-Reason: ${reason}` : ''}\n`,
        files,
        bot,
      ),
    head: () => git('rev-parse', 'HEAD'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

function runGit(path: string, args: readonly string[], person: Person, seconds: number): string {
  const { PATH = '' } = process.env;
  const env = {
    PATH,
    ...environment,
    GIT_AUTHOR_NAME: person.name,
    GIT_AUTHOR_EMAIL: person.email,
    GIT_COMMITTER_NAME: person.name,
    GIT_COMMITTER_EMAIL: person.email,
    GIT_AUTHOR_DATE: `${seconds} +0000`,
    GIT_COMMITTER_DATE: `${seconds} +0000`,
  };
  return execFileSync('git', ['-C', path, ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
