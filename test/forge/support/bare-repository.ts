import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The bare repository behind a forge, worked on with git's own commands: what the forge itself would do. */
export interface BareRepository {
  git(...args: readonly string[]): Promise<string>;
  /** The commit of a branch, or null. */
  head(branch: string): Promise<string | null>;
  setRef(ref: string, oid: string): Promise<void>;
  /** Merges `head` into `base` as the forge's own committer; returns the new commit of the base. */
  merge(base: string, head: string, method: 'merge' | 'squash' | 'rebase'): Promise<string>;
  /** A commit upon a branch with other contents of some files, by the forge's own committer. */
  commit(branch: string, message: string, files: Readonly<Record<string, Buffer>>, author?: Person): Promise<string>;
}

export interface Person {
  readonly name: string;
  readonly email: string;
}

const forge: Person = { name: 'Forge', email: 'noreply@forge.example' };

export function openBareRepository(folder: string): BareRepository {
  const run = async (args: readonly string[], options: { input?: Buffer; author?: Person } = {}) => {
    const author = options.author ?? forge;
    const environment = {
      PATH: process.env['PATH'] ?? '',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      ...{ GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email },
      ...{ GIT_COMMITTER_NAME: forge.name, GIT_COMMITTER_EMAIL: forge.email },
    };
    const running = execute('git', ['-C', folder, ...args], { env: environment });
    running.child.stdin?.on('error', () => {}); // it may end before it read anything
    running.child.stdin?.end(options.input ?? '');
    return (await running).stdout.trim();
  };
  const git: BareRepository['git'] = (...args) => run(args);
  const head: BareRepository['head'] = (branch) =>
    git('rev-parse', '--verify', '--quiet', `refs/heads/${branch}`).catch(() => null);
  const setRef: BareRepository['setRef'] = async (ref, oid) => void (await git('update-ref', ref, oid));
  return {
    git,
    head,
    setRef,
    async merge(base, branchHead, method) {
      const from = await head(base);
      const tree = await git('merge-tree', '--write-tree', from ?? '', branchHead);
      const parents = method === 'merge' ? ['-p', from ?? '', '-p', branchHead] : ['-p', from ?? ''];
      const message = method === 'merge' ? 'Merge pull request' : await git('log', '-1', '--format=%B', branchHead);
      const merged = await run(['commit-tree', tree, ...parents, '-F', '-'], { input: Buffer.from(message) });
      await setRef(`refs/heads/${base}`, merged);
      return merged;
    },
    async commit(branch, message, files, author = forge) {
      const parent = (await head(branch)) ?? '';
      const index = `${folder}/index-${Math.random().toString(36).slice(2)}`;
      const env = (args: readonly string[], input?: Buffer) =>
        run(['-c', 'core.bare=true', ...args], { author, ...(input === undefined ? {} : { input }) });
      const lines: string[] = [];
      for (const [path, content] of Object.entries(files)) {
        const blob = await env(['hash-object', '-w', '--stdin'], content);
        const [mode] = (await git('ls-tree', parent, '--', path)).split(' ');
        lines.push(`${mode || '100644'} ${blob}\t${path}`);
      }
      const tree = await writeTree(folder, index, parent, lines);
      const oid = await run(['commit-tree', tree, '-p', parent, '-F', '-'], { input: Buffer.from(message), author });
      await setRef(`refs/heads/${branch}`, oid);
      return oid;
    },
  };
}

async function writeTree(folder: string, index: string, parent: string, lines: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'] ?? '', GIT_INDEX_FILE: index };
  await execute('git', ['-C', folder, 'read-tree', parent], { env });
  const updating = execute('git', ['-C', folder, 'update-index', '--index-info'], { env });
  updating.child.stdin?.end(`${lines.join('\n')}\n`);
  await updating;
  return (await execute('git', ['-C', folder, 'write-tree'], { env })).stdout.trim();
}
