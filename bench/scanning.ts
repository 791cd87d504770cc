import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileBot } from './compile-bot.ts';
import { type Figure, figureOf } from './measure.ts';

interface Scan {
  readonly name: string;
  readonly tags: number;
  /** '' leaves nothing out. */
  readonly exclusion: string;
  readonly repositories: number;
}

const scans: readonly Scan[] = [
  { name: '200 repositories of 500 tags, a policy each', tags: 500, exclusion: '', repositories: 200 },
  { name: '200,000 tags in pages of 1,000', tags: 200_000, exclusion: '', repositories: 1 },
  { name: '1,000,000 tags, of which 1,000 are kept', tags: 1_000_000, exclusion: '^build-', repositories: 1 },
  { name: '1,000,000 tags, all kept', tags: 1_000_000, exclusion: '', repositories: 1 },
];

/** As the Dockerfile has it. */
const imageOptions = ['--max-semi-space-size=2'];

/** What scans cost, without a Kubernetes API around them: time, CPU, requests, and the most memory that was resident. */
export async function benchScanning(rounds = 3): Promise<Figure[]> {
  const worker = compileWorker();
  await using server = await startTagServer();
  const figures: Figure[] = [];
  for (const scan of scans) figures.push(...(await benchScan(scan, { worker, server, rounds })));
  return figures;
}

interface Place {
  readonly worker: string;
  readonly server: TagServer;
  readonly rounds: number;
}

async function benchScan({ name, tags, exclusion, repositories }: Scan, { worker, server, rounds }: Place): Promise<Figure[]> {
  const results: { ms: number; cpuMs: number; peakMiB: number }[] = [];
  const before = await server.requests();
  for (let round = 0; round < rounds; round += 1) {
    const answer = execFileSync(
      process.execPath,
      [...imageOptions, worker, server.host, String(tags), exclusion, String(repositories)],
      {
        encoding: 'utf8',
      },
    );
    results.push(JSON.parse(answer) as (typeof results)[number]);
  }
  const requests = ((await server.requests()) - before) / rounds;
  return [
    figureOf(
      `${name}: time`,
      results.map(({ ms }) => ms),
    ),
    figureOf(
      `${name}: CPU`,
      results.map(({ cpuMs }) => cpuMs),
    ),
    figureOf(
      `${name}: resident at most`,
      results.map(({ peakMiB }) => peakMiB),
      'MiB',
    ),
    figureOf(`${name}: requests`, [requests], ''),
  ];
}

/** Compiled as a release is: running TypeScript as it is costs memory. */
function compileWorker(): string {
  const folder = dirname(compileBot());
  const source = fileURLToPath(new URL('scan-worker.ts', import.meta.url));
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  const options = [
    '--ignoreConfig',
    '--module',
    'nodenext',
    '--target',
    'esnext',
    '--allowImportingTsExtensions',
    '--rewriteRelativeImportExtensions',
    '--noCheck',
    '--outDir',
    folder,
  ];
  try {
    execFileSync(process.execPath, [tsc, source, ...options], { stdio: 'pipe' });
  } catch {
    // Types of others do not keep it from being written.
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n');
  return join(folder, 'bench', 'scan-worker.js');
}

interface TagServer extends AsyncDisposable {
  readonly host: string;
  requests(): Promise<number>;
}

async function startTagServer(): Promise<TagServer> {
  const script = fileURLToPath(new URL('tag-server.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const host = `127.0.0.1:${line.toString().trim()}`;
  return {
    host,
    requests: async () => Number(await (await fetch(`http://${host}/requests`, { headers: { connection: 'close' } })).text()),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}
