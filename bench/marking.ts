import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock } from '../src/core/index.ts';
import { decodeText, type FoundMarkers, findMarkers, isMarkerFile, mayHaveMarkers } from '../src/edit/index.ts';
import { createBlobIndex, createGit } from '../src/git/index.ts';
import { startGitHost } from '../src/sandbox/index.ts';
import { growthThrough } from './growth.ts';
import { type Figure, figureOf, timed } from './measure.ts';
import { type Measured, type Setting, startCostingHere } from './scenario.ts';
import { seedRepository } from './seed-repository.ts';
import { configMap, deployment } from './stage-objects.ts';

/** Finding markers: in every file of a repository, and again after a commit of one file. */
export async function benchMarkers({ quick }: Setting): Promise<Measured> {
  const sizes = quick ? [100, 1_000, 5_000] : [1_000, 10_000, 100_000];
  const figures: Figure[] = [];
  for (const files of sizes) figures.push(...(await benchFiles(files)));
  const cold = figures.filter((_, index) => index % 2 === 0);
  const warm = figures.filter((_, index) => index % 2 === 1);
  const growth = [
    growthThrough('markers of a whole repository, by files', sizes, cold),
    growthThrough('markers after a commit of one file, by files', sizes, warm),
  ];
  return { figures, growth };
}

const rounds = 5;

async function benchFiles(files: number): Promise<Figure[]> {
  await using owned = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'tagalong-bench-'));
  owned.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const host = owned.use(await startGitHost({ folder: join(folder, 'git') }));
  const repository = await host.createRepository('repo');
  const commits = await seedRepository(repository, filesOf(files), rounds);
  const git = createGit({ stateFolder: folder, clock: systemClock, log: silentLog });
  owned.defer(() => git.close());
  const mirror = await git.mirror({ url: host.url('repo'), credentials: { kind: 'none' } });
  await mirror.fetch();
  const create = () => createBlobIndex<FoundMarkers>({ mirror, matches: isMarkerFile, inspect });
  const [first = '', ...rest] = commits;
  const cold: number[] = [];
  const coldCosts = await startCostingHere();
  for (let round = 0; round < 3; round += 1) cold.push(await timed(() => create().at(first)));
  const coldCost = await coldCosts();
  const index = create();
  await index.at(first);
  const warm: number[] = [];
  const warmCosts = await startCostingHere();
  for (const commit of rest) warm.push(await timed(() => index.at(commit)));
  return [
    figureOf(`markers of ${files} files, the first time`, cold, 'ms', coldCost),
    figureOf(`markers of ${files} files, after a commit of one`, warm, 'ms', await warmCosts()),
  ];
}

/** Every hundredth has a marker. */
function filesOf(count: number): Map<string, string> {
  const names = Array.from({ length: count }, (_, index) => index);
  const text = (index: number) => (index % 100 === 0 ? deployment(`app${index}`) : configMap(`c${index}`, `${index}`));
  return new Map(names.map((index) => [`team${index % 100}/${index}.yaml`, text(index)]));
}

/** As the bot looks at a file. */
function inspect(path: string, bytes: Buffer): FoundMarkers | null {
  if (!mayHaveMarkers(bytes)) return null;
  const decoded = decodeText(path, bytes);
  if (decoded.kind === 'problem') return { markers: [], problems: [decoded.problem] };
  const found = findMarkers(path, decoded.text);
  return found.markers.length + found.problems.length === 0 ? null : found;
}
