import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { GitCredentials, GitMirror, NewCommit, Oid } from '../../src/core/index.ts';
import { type ClosableGit, createGit, type GitOptions } from '../../src/git/index.ts';
import { type GitHost, type GitHostOptions, startGitHost } from '../../src/sandbox/git-host.ts';

const execute = promisify(execFile);

export const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
  GIT_ALLOW_PROTOCOL: 'file',
};

/** Runs git as somebody else does it: a person with a clone. */
export async function git(folder: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute('git', ['-C', folder, ...args], { env: environment });
  return stdout.trim();
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

export interface Fixture extends AsyncDisposable {
  readonly folder: string;
  readonly host: GitHost;
  readonly git: ClosableGit;
  readonly state: string;
  /** The bare repository on the host. */
  readonly bare: string;
  /** A person's clone, whose `commit` also pushes. */
  readonly clone: string;
  mirror(credentials?: GitCredentials): Promise<GitMirror>;
  /** Another process that uses the same state folder, after this one was killed. */
  restart(options?: Partial<GitOptions>): ClosableGit;
  commit(message: string, files: Readonly<Record<string, string | Buffer | null>>): Promise<Oid>;
}

/** A host with one repository `web` that holds `files`, a clone of it and a Git with an empty state folder. */
export async function createFixture(
  files: Readonly<Record<string, string | Buffer>> = { 'apps/web.yaml': 'image: web:1.0.0\n', 'README.md': '# web\n' },
  hostOptions: Omit<GitHostOptions, 'folder'> = {},
): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'git-test-'));
  const [seed, state, clone] = [join(folder, 'seed'), join(folder, 'state'), join(folder, 'clone')];
  await mkdir(seed);
  await writeFiles(seed, files);
  const host = await startGitHost({ folder: join(folder, 'host'), ...hostOptions });
  const bare = await host.createRepository('web', Object.keys(files).length > 0 ? seed : undefined);
  execFileSync('git', ['clone', '--quiet', bare, clone], { env: environment, stdio: 'ignore' });
  const opened: ClosableGit[] = [];
  const open = (options: Partial<GitOptions> = {}) => {
    const created = createGit({ stateFolder: state, allowFileUrls: true, ...options });
    opened.push(created);
    return created;
  };
  const first = open();
  return {
    folder,
    host,
    git: first,
    state,
    bare,
    clone,
    mirror: (credentials = { kind: 'none' }) => first.mirror({ url: host.url('web'), credentials }),
    restart: open,
    commit: (message, changes) => commitFiles(clone, message, changes),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((each) => each.close()));
      await host.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function commitFiles(
  clone: string,
  message: string,
  changes: Readonly<Record<string, string | Buffer | null>>,
): Promise<Oid> {
  for (const [path, content] of Object.entries(changes)) {
    if (content === null) await rm(join(clone, path));
    else await writeFiles(clone, { [path]: content });
  }
  await git(clone, 'add', '--all');
  await git(clone, 'commit', '--quiet', '--allow-empty', '-m', message);
  await git(clone, 'push', '--quiet', 'origin', 'HEAD');
  return git(clone, 'rev-parse', 'HEAD');
}

export function newCommit(parent: Oid, files: Readonly<Record<string, string | null>>, more: Partial<NewCommit> = {}): NewCommit {
  const bytes = Object.entries(files).map(([path, text]) => [path, text === null ? null : Buffer.from(text)] as const);
  return {
    parent,
    files: new Map(bytes),
    message: 'Update',
    author: { name: 'bot', email: 'bot@example.com' },
    seconds: 1_700_000_000,
    ...more,
  };
}

/** The head of main as the mirror has it. */
export async function headOf(mirror: GitMirror, branch = 'main'): Promise<Oid> {
  const oid = (await mirror.refs()).get(`refs/heads/${branch}`);
  if (oid === undefined) throw new Error(`the mirror has no branch ${branch}`);
  return oid;
}

/** The folder of the only mirror in the state folder. */
export async function mirrorFolder(state: string): Promise<string> {
  const names = (await readdir(join(state, 'mirrors'))).filter((name) => /^[0-9a-f]{64}$/.test(name));
  if (names.length !== 1 || !names[0]) throw new Error(`${names.length} mirrors`);
  return join(state, 'mirrors', names[0]);
}
