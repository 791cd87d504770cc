import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requirePart } from './parts.ts';

const execute = promisify(execFile);

/** Git's environment in these tests: nothing of the machine's or the user's configuration is seen. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
};

// What forges allow: pushes, partial clones, fetching a commit by its id.
const settings = ['http.receivepack', 'uploadpack.allowFilter', 'uploadpack.allowAnySHA1InWant'];

/** Creates an empty bare repository `<root>/<name>.git`, whose branch is `main`; returns its path. */
export async function createBareRepository(root: string, name: string): Promise<string> {
  const path = join(root, `${name}.git`);
  await mkdir(path, { recursive: true });
  await runGit(['init', '--quiet', '--bare', '--initial-branch=main', path]);
  for (const setting of settings) await runGit(['-C', path, 'config', setting, 'true']);
  return path;
}

async function runGit(args: readonly string[]): Promise<void> {
  const { PATH = '' } = process.env;
  await execute(requirePart('git'), args, { env: { PATH, ...gitEnvironment } });
}
