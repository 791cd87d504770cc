import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runProgram } from '../../child/index.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import { CliError } from '../error.ts';
import { withCluster } from '../open-cluster.ts';
import { createProgress } from '../progress.ts';
import type { Session } from '../session.ts';
import { buildFolder } from './build-folder.ts';
import { carryFlags } from './carried-flags.ts';
import { findGuardsInGit } from './find-guards.ts';
import { describeObstacle, findObstacles, type Obstacle } from './find-obstacles.ts';
import { fluxArguments } from './flux-arguments.ts';
import { type FluxFolder, openFluxFolder } from './flux-folder.ts';
import { formatPatches, type PatchAuthor } from './format-patches.ts';
import { parts as allParts, type Part } from './parts.ts';
import { botFolder, planHandover } from './plan-handover.ts';
import { planReturn, type ReturnStage, stagesOfReturn } from './plan-return.ts';
import type { PlannedCommit } from './planned-commit.ts';
import { type BotOrder, renderBot } from './render-bot.ts';
import { suspendInFiles } from './suspend-in-files.ts';

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
  const bot = await renderBot(await botOrder(order, done, folder, session));
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
  const { obstacles, guards } = await withCluster(target, session, async (cluster) => ({
    obstacles: await findObstacles(cluster, going, session.clock.now(), session.signal),
    guards: await findGuardsInGit(cluster, session.signal),
  }));
  if (obstacles.length > 0 && !order.suspend) throw refusal(obstacles);
  const suspended = await suspendInFiles(folder.root, [...new Set(obstacles.map(({ object }) => object))]);
  if (suspended.missing.length > 0) throw notFound(obstacles, suspended.missing);
  const stages = await renderStages(order, going, folder, session);
  if (stages.at(-1)?.bot === null && guards.length > 0)
    createProgress(session.terminal).warning(
      `the definitions of tagalong.dev go with the last commit; take these out of git before, or Flux fails to apply them: ${guards.join(', ')}`,
    );
  const botNow = await readBot(folder);
  await printCommits(planReturn({ folder, botNow, stages, suspended: suspended.files }), folder, session);
}

/** Each with the bot for what it does behind it. */
async function renderStages(order: MigrateOrder, going: readonly Part[], folder: FluxFolder, session: Session) {
  const stages: ReturnStage[] = [];
  let kept = folder.handedOver;
  for (const parts of stagesOfReturn(going)) {
    kept = kept.filter((part) => !parts.includes(part));
    stages.push({ parts, bot: kept.length === 0 ? null : await renderBot(await botOrder(order, kept, folder, session)) });
  }
  return stages;
}

/** For these parts, in the place and with the scope of the controllers that do them in Flux. */
async function botOrder(order: MigrateOrder, parts: readonly Part[], folder: FluxFolder, session: Session): Promise<BotOrder> {
  const searchPath = session.environment['PATH'];
  const manifests = await buildFolder(join(folder.root, folder.path), searchPath);
  const { flags, unknown, contradictions } = carryFlags(fluxArguments(manifests, parts), folder.namespace);
  if (contradictions.length > 0) throw unevenScope(contradictions);
  const progress = createProgress(session.terminal);
  for (const flag of flags) progress.action(`Flux runs with ${flag}: tagalong gets it too`);
  for (const flag of unknown) progress.warning(`${flag} has no counterpart here: look whether you need what it does`);
  return { parts, namespace: folder.namespace, flags, searchPath, ...(order.image === undefined ? {} : { image: order.image }) };
}

function unevenScope(contradictions: readonly string[]): CliError {
  return new CliError(
    'FAILED',
    `the controllers of these parts do not serve the same objects, and one process has one scope: ${contradictions.join('; ')}. Hand over parts with the same scope, or install tagalong by hand, once for each`,
  );
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
  session.terminal.answer(formatPatches(commits, await readAuthor(root, session), new Date(session.clock.now())));
}

/** Who commits there. */
/** As git knows the person: their own configuration is asked, and so their home. */
async function readAuthor(
  root: string,
  { environment: { PATH = '', HOME = '', XDG_CONFIG_HOME } }: Session,
): Promise<PatchAuthor> {
  const environment = { PATH, HOME, ...(XDG_CONFIG_HOME === undefined ? {} : { XDG_CONFIG_HOME }) };
  const ask = async (name: string) => {
    const end = await runProgram({ program: 'git', args: ['-C', root, 'config', name], environment, maxOutputBytes: 65_536 });
    return end.kind === 'exited' && end.code === 0 ? end.output.toString().trim() : '';
  };
  const [name, email] = await Promise.all([ask('user.name'), ask('user.email')]);
  return { name: name || 'tagalong', email: email || 'tagalong@localhost' };
}
