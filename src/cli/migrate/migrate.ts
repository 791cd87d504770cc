import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { ClusterOptions } from '../cluster-options.ts';
import { CliError } from '../error.ts';
import { withCluster } from '../open-cluster.ts';
import { createProgress } from '../progress.ts';
import type { Session } from '../session.ts';
import { describeObstacle, findObstacles, type Obstacle } from './find-obstacles.ts';
import { type FluxFolder, openFluxFolder } from './flux-folder.ts';
import { formatPatches, type PatchAuthor } from './format-patches.ts';
import { parts as allParts, type Part } from './parts.ts';
import { botFolder, planHandover } from './plan-handover.ts';
import { planReturn } from './plan-return.ts';
import type { PlannedCommit } from './planned-commit.ts';
import { renderBot } from './render-bot.ts';
import { suspendInFiles } from './suspend-in-files.ts';

const execute = promisify(execFile);

export interface MigrateOrder {
  readonly parts: readonly Part[];
  /** The checkout. */
  readonly path: string;
  readonly fluxPath?: string;
  readonly image?: string;
}

/** Prints the commits that hand parts over to tagalong, as `git am` takes them. */
export async function printHandover(order: MigrateOrder, session: Session): Promise<void> {
  const folder = await openFluxFolder(resolve(order.path), order.fluxPath);
  const done = allParts.filter((part) => folder.handedOver.includes(part) || order.parts.includes(part));
  const bot = await renderBot({ ...order, parts: done, searchPath: session.environment['PATH'] });
  const commits = planHandover({ parts: order.parts, folder, bot, botNow: await readBot(folder) });
  await printCommits(commits, folder, session);
}

export interface ReturnOptions extends MigrateOrder {
  /** Suspend first what Flux would do at once, in place of refusing. */
  readonly suspend: boolean;
}

/** Prints the commits that give parts back to Flux; refuses where Flux would undo at once what waits for somebody. */
export async function printReturn(order: ReturnOptions, target: ClusterOptions, session: Session): Promise<void> {
  const folder = await openFluxFolder(resolve(order.path), order.fluxPath);
  const going = order.parts.filter((part) => folder.handedOver.includes(part));
  if (going.length === 0)
    throw new CliError(
      'USAGE',
      `${folder.path}/kustomization.yaml stops no controller of Flux for ${order.parts.join(', ')}: Flux does these parts`,
    );
  const obstacles = await withCluster(target, session, (cluster) =>
    findObstacles(cluster, going, session.clock.now(), session.signal),
  );
  if (obstacles.length > 0 && !order.suspend) throw refusal(obstacles);
  const suspended = await suspendInFiles(folder.root, [...new Set(obstacles.map(({ object }) => object))]);
  if (suspended.missing.length > 0) throw notFound(obstacles, suspended.missing);
  const kept = folder.handedOver.filter((part) => !going.includes(part));
  const bot = kept.length === 0 ? null : await renderBot({ ...order, parts: kept, searchPath: session.environment['PATH'] });
  const botNow = await readBot(folder);
  await printCommits(planReturn({ parts: going, folder, botNow, bot, suspended: suspended.files }), folder, session);
}

function refusal(obstacles: readonly Obstacle[]): CliError {
  const lines = obstacles.map((obstacle) => `  ${describeObstacle(obstacle)}`);
  return new CliError(
    'FAILED',
    `Flux would act at once where something is held or waits:\n${lines.join('\n')}\nsettle these first (release, confirm, unpause), or suspend them with --suspend`,
  );
}

function notFound(obstacles: readonly Obstacle[], missing: readonly Obstacle['object'][]): CliError {
  const lines = obstacles.filter(({ object }) => missing.includes(object)).map((obstacle) => `  ${describeObstacle(obstacle)}`);
  return new CliError(
    'FAILED',
    `the manifests of these objects are not in this checkout; set spec.suspend: true where they stand, then run this again:\n${lines.join('\n')}`,
  );
}

function readBot({ root, path }: FluxFolder): Promise<string | null> {
  return readFile(join(root, path, botFolder, 'tagalong.yaml'), 'utf8').catch(() => null);
}

async function printCommits(commits: readonly PlannedCommit[], { root, path }: FluxFolder, session: Session): Promise<void> {
  const progress = createProgress(session.terminal);
  progress.action(`Flux's folder is ${path}`);
  if (commits.length === 0) return progress.success('nothing is left to do there');
  for (const [index, { subject, files, next }] of commits.entries()) {
    progress.action(`commit ${index + 1} of ${commits.length}: ${subject}`);
    for (const file of files)
      progress.waiting(`${file.after === null ? 'removes' : file.before === null ? 'adds' : 'changes'} ${file.path}`);
    progress.waiting(`then: ${next}`);
  }
  progress.action('stdout has them as patches: pipe them into `git am`, and push one after the other');
  session.terminal.answer(formatPatches(commits, await readAuthor(root), new Date(session.clock.now())));
}

/** Who commits there. */
async function readAuthor(root: string): Promise<PatchAuthor> {
  const ask = (name: string) =>
    execute('git', ['-C', root, 'config', name]).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
  const [name, email] = await Promise.all([ask('user.name'), ask('user.email')]);
  return { name: name || 'tagalong', email: email || 'tagalong@localhost' };
}
