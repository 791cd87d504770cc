import { existsSync } from 'node:fs';
import { mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { errorMessage, type FileProblem } from '../../core/index.ts';
import { addMarkers, findImages, type ImageField } from '../../edit/index.ts';
import type { PolicyObject } from '../../policies/index.ts';
import { describeFileError } from '../describe-file-error.ts';
import { CliError } from '../error.ts';
import { exitCode } from '../exit-code.ts';
import { openPullRequest } from '../pull-request/open-pull-request.ts';
import type { PullRequestOptions } from '../pull-request/request-options.ts';
import type { Session } from '../session.ts';
import { sortResources } from '../update-resources.ts';
import { writeAtomically } from '../write-atomically.ts';
import { type Assignment, assignPolicies } from './assign-policies.ts';
import { parseChoices } from './choices.ts';
import { type MarkOutcome, printMark } from './print-mark.ts';
import { objectsOf, readTree, type TreeFile } from './read-tree.ts';
import { renderPolicies } from './render-policies.ts';

/** The options of `mark`, as commander parsed them. */
export interface MarkOptions extends PullRequestOptions {
  readonly branch: string;
  readonly write?: boolean;
  readonly policies?: string;
  /** true stands for the default folder. */
  readonly createPolicies?: string | true;
  readonly policy: readonly string[];
  readonly namespace?: string;
  readonly output?: 'json';
}

/** One file and its text with the markers. */
export interface MarkedFile {
  readonly file: TreeFile;
  readonly after: string;
}

/** Proposes markers for a tree, and writes them where that is asked for; says what was left and why. */
export async function mark(path: string, options: MarkOptions, session: Session): Promise<void> {
  const root = await openRoot(path);
  const seen = await look(root, options, session);
  const namespace = options.namespace ?? guessNamespace(seen.objects);
  const choices = parseChoices(options.policy, namespace);
  const resources = sortResources(seen.objects);
  const known = {
    repositories: resources.repositories.map(({ object }) => object),
    policies: resources.policies.map(({ object }) => object),
    ...{ namespace, choices, createsPolicies: options.createPolicies !== undefined },
  };
  const assignment = assignPolicies(seen.fields, known);
  for (const place of choices.unused())
    seen.problems.push({ file: path, message: `--policy ${place}: no image is there, or all are marked already` });
  const folder = folderOf(options.createPolicies, path);
  const created = renderPolicies(assignment.created, folder);
  const marked = splice(assignment, seen.files, seen.problems);
  for (const { path: file } of created) {
    if (existsSync(join(root, file)))
      throw new CliError('FAILED', `${join(path, file)} is there already; give another folder: --create-policies DIR`);
  }
  const outcome: MarkOutcome = { ...{ path, marked, created, assignment }, already: countMarked(seen.fields), ...seen };
  if (options.write === true) await writeAll(root, outcome);
  const request =
    options.pullRequest === true ? await openPullRequest(root, changesOf(outcome), { ...options, text }, session) : null;
  printMark(outcome, { ...options, request }, session.terminal);
  if (outcome.problems.length > 0 || assignment.left.some(({ isOpen }) => isOpen)) session.exitCode = exitCode.failed;
}

async function openRoot(path: string): Promise<string> {
  try {
    const root = await realpath(path);
    if (!(await stat(root)).isDirectory()) throw new Error('it is no folder');
    return root;
  } catch (cause) {
    throw new CliError('USAGE', `${path}: ${describeFileError(cause)}`, cause);
  }
}

interface Sight {
  readonly fields: readonly ImageField[];
  readonly objects: readonly PolicyObject[];
  /** Those with images that have no marker. */
  readonly files: ReadonlyMap<string, TreeFile>;
  readonly problems: FileProblem[];
  readonly count: number;
  /** Templates of other tools, which are not YAML yet. */
  readonly templates: number;
}

async function look(root: string, { policies, namespace = 'default' }: MarkOptions, { terminal }: Session): Promise<Sight> {
  const problems: FileProblem[] = [];
  const fields: ImageField[] = [];
  const objects: PolicyObject[] = [];
  const files = new Map<string, TreeFile>();
  let [count, templates] = [0, 0];
  for await (const file of readTree(root, problems, terminal)) {
    count += 1;
    objects.push(...objectsOf(file, namespace));
    if (!/image|repository/i.test(file.text)) continue;
    const found = findImages(file.path, file.text);
    if (found.kind === 'found') {
      fields.push(...found.fields);
      // The others are read and let go: a tree of any size fits.
      if (found.fields.some(({ marker }) => marker === null)) files.set(file.path, file);
    }
    if (found.kind === 'found') continue;
    if (file.text.includes('{{')) templates += 1;
    else problems.push({ file: file.path, ...positionOf(found), message: `not valid YAML: ${found.message}` });
  }
  if (policies !== undefined) {
    for await (const file of readTree(await openRoot(policies), problems, terminal)) objects.push(...objectsOf(file, namespace));
  }
  return { fields, objects: withoutRepeated(objects), files, problems, count, templates };
}

function positionOf({ line, column }: { line?: number; column?: number }): { line?: number; column?: number } {
  return line === undefined || column === undefined ? {} : { line, column };
}

/** A folder of policies is often a part of the tree. */
function withoutRepeated(objects: readonly PolicyObject[]): PolicyObject[] {
  const nameOf = ({ object: { kind, metadata } }: PolicyObject) => `${kind}/${metadata.namespace}/${metadata.name}`;
  return [...new Map(objects.toReversed().map((one) => [nameOf(one), one] as const)).values()].toReversed();
}

/** Where the policies are already, or the automation that would write. */
function guessNamespace(objects: readonly PolicyObject[]): string {
  for (const kind of ['ImageUpdateAutomation', 'ImagePolicy']) {
    const found = new Set(
      objects.filter(({ object }) => object.kind === kind).map(({ object }) => object.metadata.namespace ?? ''),
    );
    const [only, second] = found;
    if (only !== undefined && second === undefined) return only;
  }
  return 'flux-system';
}

function folderOf(asked: MarkOptions['createPolicies'], path: string): string {
  const folder = posix.normalize(asked === true || asked === undefined ? 'policies' : asked).replace(/\/+$/, '');
  if (folder === '..' || folder.startsWith('../') || posix.isAbsolute(folder))
    throw new CliError('USAGE', `--create-policies ${folder}: give a folder below ${path}`);
  return folder === '.' ? '' : folder;
}

function splice({ additions }: Assignment, files: ReadonlyMap<string, TreeFile>, problems: FileProblem[]): MarkedFile[] {
  return [...Map.groupBy(additions, ({ field }) => field.file)].flatMap(([path, own]) => {
    const file = files.get(path);
    if (file === undefined) return [];
    try {
      return [{ file, after: addMarkers(file.text, own) }];
    } catch (error) {
      problems.push({ file: path, message: errorMessage(error) });
      return [];
    }
  });
}

function countMarked(fields: readonly ImageField[]): number {
  return fields.filter(({ marker }) => marker !== null).length;
}

function changesOf({ marked, created }: MarkOutcome): { path: string; before: Buffer | null; after: Buffer }[] {
  return [
    ...marked.map(({ file, after }) => ({ path: file.path, before: file.bytes, after: Buffer.from(after) })),
    ...created.map(({ path, text }) => ({ path, before: null, after: Buffer.from(text) })),
  ];
}

const text = {
  title: 'Mark images for updates',
  body: 'Each marker hands one value to an ImagePolicy; nothing but comments changes, beside new files with the policies.',
};

/** Policies first: a marker without its policy would be a problem at the next run. */
async function writeAll(root: string, { marked, created, problems }: MarkOutcome): Promise<void> {
  const attempt = async (file: string, write: () => Promise<unknown>) => {
    await write().catch((error: unknown) => problems.push({ file, message: `not written: ${errorMessage(error)}` }));
  };
  for (const { path, text } of created) {
    await attempt(path, async () => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text, { flag: 'wx' });
    });
  }
  if (problems.some(({ message }) => message.startsWith('not written'))) return;
  for (const { file, after } of marked) {
    await attempt(file.path, () => writeAtomically(join(root, file.path), file.bytes, Buffer.from(after)));
  }
}
