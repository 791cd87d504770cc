import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, type FileProblem } from '../core/index.ts';
import { readPolicies } from '../policies/index.ts';
import { describeFileError } from './describe-file-error.ts';
import { CliError } from './error.ts';
import { exitCode } from './exit-code.ts';
import { judgeEdits } from './judge-edits.ts';
import { openLocalHolds } from './local-holds.ts';
import { planFolderRollout } from './plan/plan-folder-rollout.ts';
import { findEdits, planFolder } from './plan-folder.ts';
import type { OutputFormat } from './print-objects.ts';
import { printUpdate } from './print-update.ts';
import type { PullRequestOptions } from './pull-request/request-options.ts';
import { readMarkerFiles } from './read-marker-files.ts';
import { requestUpdate } from './request-update.ts';
import type { Session } from './session.ts';
import { findEmptyScopes, findScopes, sortResources, type UpdateResources } from './update-resources.ts';
import { pickOffline, pickOnline } from './update-selections.ts';
import { writeAtomically } from './write-atomically.ts';

/** The options of `update`, as commander parsed them. */
export interface UpdateOptions extends PullRequestOptions {
  readonly policies: string;
  readonly path: string;
  readonly offline?: boolean;
  readonly dryRun?: boolean;
  readonly ignoreHolds?: boolean;
  /** Of objects that name none. */
  readonly namespace?: string;
  readonly output?: OutputFormat;
  /** Says too which objects the changes would roll out: `plan`. */
  readonly plansRollout?: boolean;
}

/** Updates the files of a folder, each as a whole or not at all, and says what changed and what could not be done. */
export async function updateFolder(options: UpdateOptions, session: Session): Promise<void> {
  const root = await openFolder(options.path);
  const { resources, problems: unread } = await readResources(options);
  const picked = await (options.offline ? pickOffline(resources) : pickOnline(resources, session));
  const { scopes, problems: unscoped, notes } = findScopes(resources, options.path, options.ignoreHolds ?? false);
  const { files, problems: unreadable, warnings } = await readMarkerFiles(root);
  const markers = files.flatMap((file) => file.markers);
  const wanted = findEdits(markers, scopes, resources.policies, picked.selections);
  await using holds = openLocalHolds(root);
  const judged = await judgeEdits(wanted.edits, resources.policies, holds);
  const wish = { root, files, wanted: wanted.edits, judged, resources };
  const requested =
    options.pullRequest === true ? await requestUpdate(wish, { branch: 'tagalong/update', ...options }, session) : null;
  const plan = requested?.plan ?? planFolder(files, judged);
  const changes = plan.changes.map((change) => ({ ...change, shownAs: join(options.path, change.file.path) }));
  const unwritten: FileProblem[] = [];
  const written: typeof changes = [];
  for (const change of changes) {
    const problem = options.dryRun || requested !== null ? null : await write(join(root, change.file.path), change);
    if (problem === null) written.push(change);
    else unwritten.push({ file: change.shownAs, message: problem });
  }
  const below = (problem: FileProblem) => ({ ...problem, file: join(options.path, problem.file) });
  const outcome = {
    changes: written,
    stopped: plan.stopped.map((one) => ({ ...one, shownAs: join(options.path, one.edit.marker.file) })),
    problems: [
      ...unread,
      ...picked.problems,
      ...unscoped,
      ...[...unreadable, ...wanted.problems, ...plan.problems].map(below),
      ...unwritten,
    ],
    request: requested?.request ?? null,
    news: requested?.news ?? [],
    rollouts: options.plansRollout === true ? await planFolderRollout({ root, changes: plan.changes, resources }, session) : [],
    warnings: [...notes, ...findEmptyScopes(scopes, files, options.path), ...picked.notes, ...warnings.map(below)],
  };
  printUpdate(outcome, options, session.terminal);
  if (outcome.problems.length > 0) session.exitCode = exitCode.failed;
}

async function openFolder(path: string): Promise<string> {
  try {
    const root = await realpath(path);
    if (!(await stat(root)).isDirectory()) throw new Error('it is no folder');
    return root;
  } catch (cause) {
    throw new CliError('USAGE', `--path ${path}: ${describeFileError(cause)}`, cause);
  }
}

async function readResources({
  policies: folder,
  namespace,
}: UpdateOptions): Promise<{ resources: UpdateResources; problems: FileProblem[] }> {
  const { objects, problems } = await readPolicies(folder, namespace);
  const at = <Place extends { readonly file: string }>(place: Place): Place => ({ ...place, file: join(folder, place.file) });
  return { resources: sortResources(objects.map(at)), problems: problems.filter(isOurs).map(at) };
}

/** A folder of policies is often a folder that kustomize builds; its own file is none of ours. */
function isOurs({ file, message }: FileProblem): boolean {
  return !(/(^|\/)kustomization\.ya?ml$/.test(file) && message.startsWith('a document needs apiVersion'));
}

/** Null when it is written, else why not. */
async function write(path: string, { file, after }: { file: { bytes: Buffer }; after: string }): Promise<string | null> {
  try {
    await writeAtomically(path, file.bytes, Buffer.from(after, 'utf8'));
    return null;
  } catch (error) {
    return `not written: ${errorMessage(error)}`;
  }
}
