import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'node_modules', '.cache', 'tagalong-bench');
const bot = `import { createRunCommand } from './src/cli/run.js';
await createRunCommand().parseAsync(process.argv.slice(2), { from: 'user' });
`;

/** Compiles the sources as a release is, since running TypeScript as it is costs memory, and returns the file that runs the bot. */
export function compileBot(): string {
  compiled ??= compile();
  return compiled;
}

// Once: what is changed meanwhile is for the next time.
let compiled: string | undefined;

function compile(): string {
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
