import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// Of this run alone: another one, or a change of the sources, must not reach a bot that is started later. Inside node_modules, so that packages are found.
const folder = join(root, 'node_modules', '.cache', 'tagalong-bench', String(process.pid));
const bot = `import { createRunCommand } from './src/cli/run.js';
await createRunCommand().parseAsync(process.argv.slice(2), { from: 'user' });
`;

/** Compiles the sources as a release is, since running TypeScript as it is costs memory, and returns the file that runs the bot. */
export function compileBot(): string {
  compiled ??= compile();
  return compiled;
}

let compiled: string | undefined;

function compile(): string {
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  mkdirSync(folder, { recursive: true });
  const args = ['-p', join(root, 'tsconfig.build.json'), '--declaration', 'false', '--sourceMap', 'false'];
  try {
    execFileSync(process.execPath, [tsc, ...args, '--outDir', join(folder, 'src')], { cwd: root, stdio: 'pipe' });
  } catch {
    // A type error elsewhere does not keep it from being written; what cannot run shows when it starts.
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n');
  writeFileSync(join(folder, 'bot.js'), bot);
  return join(folder, 'bot.js');
}
