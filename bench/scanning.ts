import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileBot } from './compile-bot.ts';
import { growthThrough } from './growth.ts';
import { type Cost, type Figure, figureOf } from './measure.ts';
import type { Measured, Setting } from './scenario.ts';

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
  { name: '1,000 tags, all kept', tags: 1_000, exclusion: '', repositories: 1 },
  { name: '100,000 tags, all kept', tags: 100_000, exclusion: '', repositories: 1 },
  { name: '1,000,000 tags, all kept', tags: 1_000_000, exclusion: '', repositories: 1 },
];

/** As the Dockerfile has it. */
const imageOptions = ['--max-semi-space-size=2'];

/** What scans cost, without a Kubernetes API around them: time, CPU, requests, and the most memory that was resident. */
export async function benchScanning({ quick }: Setting): Promise<Measured> {
  const worker = compileWorker();
  await using server = await startTagServer();
  const figures: Figure[] = [];
  const rounds = quick ? 1 : 3;
  const asked = scans.filter(({ tags }) => !quick || tags <= quickTags);
  for (const scan of asked) figures.push(...(await benchScan(scan, { worker, server, rounds })));
  const grown = asked.filter(({ name }) => name.endsWith(', all kept'));
  const pointsOf = (suffix: string) =>
    grown.flatMap(({ name }) => figures.filter(({ what }) => what === `scan of ${name}: ${suffix}`));
  const sizes = grown.map(({ tags }) => tags);
  return {
    figures,
    growth: [
      growthThrough('time of a scan, by tags', sizes, pointsOf('time')),
      growthThrough('memory of a scan, by tags', sizes, pointsOf('resident at most')),
    ],
  };
}

const quickTags = 100_000;

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
  const times = results.map(({ ms }) => ms);
  const peaks = results.map(({ peakMiB }) => peakMiB);
  const cost: Cost = {
    cpuSeconds: results.reduce((sum, { cpuMs }) => sum + cpuMs / 1000, 0),
    residentMiB: Math.max(...peaks),
    api: {},
    registry: { GET: (await server.requests()) - before },
  };
  return [figureOf(`scan of ${name}: time`, times, 'ms', cost), figureOf(`scan of ${name}: resident at most`, peaks, 'MiB')];
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
