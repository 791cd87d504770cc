import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageRepositoryKind } from '../src/api/index.ts';
import { cloneWorkTree } from '../src/demo/work-tree.ts';
import { type Figure, figureOf } from './measure.ts';
import { type Measured, type Setting, startCosting } from './scenario.ts';
import { type Stage, startStage } from './stage.ts';
import { automationOf, deployment, imageOf } from './stage-objects.ts';

/** Many automations fire at once on one branch while somebody else pushes each second: until all are in, and nothing may be lost. */
export async function benchContention(setting: Setting): Promise<Measured> {
  const figures: Figure[] = [];
  const notes: string[] = [];
  for (const automations of setting.quick ? [5] : [20, 100]) {
    const measured = await benchAutomations(setting, automations);
    figures.push(...measured.figures);
    notes.push(...(measured.notes ?? []));
  }
  return { figures, notes };
}

async function benchAutomations(setting: Setting, count: number): Promise<Measured> {
  await using stage = await startStage(setting, ['source', 'image']);
  const names = Array.from({ length: count }, (_, index) => `team${index}`);
  await fill(stage, names);
  const rounds = setting.quick ? 2 : 3;
  const times: number[] = [];
  const costs = await startCosting(stage);
  const before = await countCommits(stage);
  const neighbour = await startNeighbour(stage.repositoryUrl);
  for (let round = 1; round <= rounds; round += 1) times.push(await fire(stage, names, `1.${round}.0`));
  const pushed = await neighbour.stop();
  await checkNothingLost(stage, names, `1.${rounds}.0`, pushed);
  const commits = (await countCommits(stage)) - before - pushed.length;
  const what = `${count} automations at once on one branch, a neighbour pushing each second: all in`;
  const note = `${what}: ${commits} commits for ${count * rounds} bumps, ${pushed.length} of the neighbour, none lost`;
  return { figures: [figureOf(what, times, 'ms', await costs())], notes: [note] };
}

async function fill(stage: Stage, names: readonly string[]): Promise<void> {
  const { registry, seen } = stage;
  for (const name of names) await registry.pushTag(name, '1.0.0');
  stage.write(Object.fromEntries(names.map((name) => [`${name}/app.yaml`, deployment(name, `${registry.host}/${name}:1.0.0`)])));
  await stage.commit('objects');
  await stage.announce();
  for (const name of names) await stage.create(...imageOf(registry.host, name), automationOf(name, `./${name}`));
  await seen.until('all automations', () => names.every((name) => seen.isReady('ImageUpdateAutomation', name)), 600_000);
}

async function fire(stage: Stage, names: readonly string[], tag: string): Promise<number> {
  for (const name of names) await stage.registry.pushTag(name, tag);
  const start = performance.now();
  await Promise.all(names.map((name) => stage.ask(imageRepositoryKind, name)));
  while (!(await areIn(stage, names, tag))) {
    if (performance.now() - start > 900_000) throw new Error(`not all of ${names.length} came in with ${tag}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return performance.now() - start;
}

async function areIn(stage: Stage, names: readonly string[], tag: string): Promise<boolean> {
  await stage.clone.git('fetch', '--quiet', 'origin', 'main');
  const found = await stage.clone.git('grep', '--fixed-strings', '--name-only', `:${tag} `, 'FETCH_HEAD').catch(() => '');
  return found.split('\n').filter((line) => line !== '').length === names.length;
}

async function countCommits(stage: Stage): Promise<number> {
  await stage.clone.git('fetch', '--quiet', 'origin', 'main');
  return Number(await stage.clone.git('rev-list', '--count', 'FETCH_HEAD'));
}

async function checkNothingLost(stage: Stage, names: readonly string[], tag: string, pushed: readonly string[]): Promise<void> {
  if (!(await areIn(stage, names, tag))) throw new Error(`a bump to ${tag} is gone again`);
  const there = new Set((await stage.clone.git('rev-list', 'FETCH_HEAD')).split('\n'));
  const lost = pushed.filter((commit) => !there.has(commit));
  if (lost.length > 0) throw new Error(`commits of the neighbour are gone: ${lost.join(', ')}`);
}

const pushEveryMs = 1_000;

/** Somebody who commits and pushes each second, or as often as the machine lets them at the fifth of their time, until stopped, and rebases when refused; tells the commits that got in. */
async function startNeighbour(url: string): Promise<{ stop(): Promise<readonly string[]> }> {
  const folder = mkdtempSync(join(tmpdir(), 'tagalong-neighbour-'));
  const clone = await cloneWorkTree(url, join(folder, 'clone'), { name: 'Neighbour', email: 'neighbour@example.com' });
  const pushed: string[] = [];
  let isStopped = false;
  const work = async () => {
    for (let index = 0; !isStopped; index += 1) {
      mkdirSync(join(clone.folder, 'neighbour'), { recursive: true });
      writeFileSync(join(clone.folder, 'neighbour', `${index}.txt`), `${index}\n`);
      await clone.git('add', '--all');
      await clone.git('commit', '--quiet', '--message', `neighbour ${index}`);
      const start = performance.now();
      pushed.push(await pushPatiently(clone.git));
      // On a machine that is busy with other things the race stays as fair as it is on an idle one.
      const pauseMs = Math.max(pushEveryMs, 4 * (performance.now() - start));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const working = work();
  return {
    async stop() {
      isStopped = true;
      await working;
      rmSync(folder, { recursive: true, force: true });
      return pushed;
    },
  };
}

async function pushPatiently(git: (...args: readonly string[]) => Promise<string>): Promise<string> {
  for (;;) {
    await git('pull', '--quiet', '--rebase', 'origin', 'main');
    const isIn = await git('push', '--quiet', 'origin', 'HEAD:main').then(
      () => true,
      () => false,
    );
    if (isIn) return (await git('rev-parse', 'HEAD')).trim();
  }
}
