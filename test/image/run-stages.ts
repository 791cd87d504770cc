/**
 * Runs the commands of the Dockerfile without a container engine: each stage in a folder of its own in place of a root file system,
 * then the entry point. What needs a real root (apt-get) is printed as left out. `node test/image/run-stages.ts`
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Instruction, readEnvironment, readStages } from './read-dockerfile.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

interface Stage {
  readonly root: string;
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entryPoint: readonly string[];
}

const scratch = mkdtempSync(join(tmpdir(), 'image-'));
try {
  const built = new Map<string, Stage>();
  let last: Stage | null = null;
  for (const [index, instructions] of readStages(readFileSync(join(repository, 'Dockerfile'), 'utf8')).entries()) {
    const [from, ...rest] = instructions;
    const name = / AS (\S+)$/.exec(from?.args ?? '')?.[1] ?? `stage ${index}`;
    last = rest.reduce((stage, one) => run(one, stage, built), emptyStage(name));
    built.set(name, last);
  }
  if (last !== null) start(last);
} finally {
  // Go keeps its module cache read-only.
  execFileSync('chmod', ['-R', 'u+w', scratch]);
  rmSync(scratch, { recursive: true, force: true });
}

function emptyStage(name: string): Stage {
  console.log(`== ${name}`);
  const root = join(scratch, name.replaceAll(' ', '-'));
  mkdirSync(root, { recursive: true });
  return { root, workdir: '/', environment: {}, entryPoint: [] };
}

function run({ name, args }: Instruction, stage: Stage, built: ReadonlyMap<string, Stage>): Stage {
  if (name === 'WORKDIR') return { ...stage, workdir: makeFolder(stage.root, args) };
  if (name === 'ENV') return { ...stage, environment: { ...stage.environment, ...readEnvironment(args) } };
  if (name === 'ENTRYPOINT') return { ...stage, entryPoint: JSON.parse(args) as string[] };
  if (name === 'COPY') copy(args, stage, built);
  if (name === 'RUN') execute(args, stage);
  return stage;
}

function makeFolder(root: string, path: string): string {
  mkdirSync(join(root, path), { recursive: true });
  return path;
}

function copy(args: string, stage: Stage, built: ReadonlyMap<string, Stage>): void {
  const words = args.split(/\s+/);
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const paths = words.filter((word) => !word.startsWith('--'));
  const target = paths.at(-1) ?? '';
  const source = from === undefined ? repository : built.get(from)?.root;
  if (source === undefined) throw new Error(`COPY ${args}: there is no stage ${from}`);
  for (const path of paths.slice(0, -1)) {
    const isFolder = statSync(join(source, path)).isDirectory();
    const into = join(stage.root, resolve(stage.workdir, target), !isFolder && target.endsWith('/') ? basename(path) : '');
    console.log(`COPY ${path} -> ${target}`);
    cpSync(join(source, path), into, { recursive: true });
  }
}

function execute(command: string, { root, workdir, environment }: Stage): void {
  if (/\bapt-get\b/.test(command)) return console.log(`left out, it needs a root of its own: RUN ${command}`);
  console.log(`RUN ${command}`);
  // The machine's own settings say how npm and Go reach their registries; what Go has built once need not be built at each run.
  const { HOME = '' } = process.env;
  const caches = { GOCACHE: join(HOME, '.cache', 'go-build'), GOMODCACHE: join(HOME, 'go', 'pkg', 'mod') };
  const variables = { ...process.env, ...caches, GOPATH: join(root, 'go'), ...environment };
  execFileSync('sh', ['-ec', command], { cwd: join(root, workdir), env: variables, stdio: 'inherit' });
}

function start({ root, workdir, environment, entryPoint }: Stage): void {
  const [program = '', ...args] = entryPoint;
  const options = {
    cwd: join(root, workdir),
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    encoding: 'utf8',
  } as const;
  console.log(`ENTRYPOINT ${entryPoint.join(' ')} --version`);
  console.log(execFileSync(program, [...args, '--version'], options).trim());
  for (const [tool, ...words] of [
    ['kustomize', 'version'],
    ['helm', 'version', '--short'],
  ] as const)
    console.log(tool, execFileSync(join(root, 'usr/local/bin', tool), words, options).trim());
}
