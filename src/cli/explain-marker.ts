import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { formatKey, keyOf, type Marker } from '../core/index.ts';
import { readPolicies } from '../policies/index.ts';
import { cleanText } from './clean-text.ts';
import { describeFileError } from './describe-file-error.ts';
import { CliError } from './error.ts';
import { judgeEdits } from './judge-edits.ts';
import { openLocalHolds } from './local-holds.ts';
import { findEdits } from './plan-folder.ts';
import { formatValue } from './print-objects.ts';
import { type MarkerFiles, readMarkerFiles } from './read-marker-files.ts';
import type { Session } from './session.ts';
import { findScopes, sortResources, type UpdateResources } from './update-resources.ts';
import { pickOffline } from './update-selections.ts';

/** The options of `explain marker`, as commander parsed them. */
export interface ExplainMarkerOptions {
  readonly policies: string;
  /** The root of the repository, from which paths of automations count. */
  readonly path: string;
  readonly output?: 'json';
}

/** One marker, and what becomes of it. */
interface MarkerAccount {
  readonly file: string;
  readonly line: number;
  readonly path: string;
  readonly policy: string;
  readonly part: Marker['part'];
  readonly value: string;
  /** Null where nothing is known to be picked. */
  readonly picked: string | null;
  readonly automations: readonly string[];
  readonly because: string;
}

/** Says of each marker of a file (or of the one on a line) which policy it names, what that picked, who would write it, and why nothing happens. */
export async function explainMarker(place: string, options: ExplainMarkerOptions, session: Session): Promise<void> {
  const { root, file, line } = await locate(place, options.path);
  const { objects } = await readPolicies(options.policies);
  const read = await readMarkerFiles(root);
  const own = read.files.find(({ path }) => path === file)?.markers ?? [];
  const markers = own.filter((marker) => line === null || marker.line === line);
  const broken = read.problems.filter((one) => one.file === file && (line === null || one.line === line));
  if (markers.length === 0 && broken.length === 0) throw new CliError('NOT_FOUND', `${place} has no marker`);
  const accounts = await Promise.all(markers.map((marker) => account(marker, sortResources(objects), root)));
  if (options.output === 'json') session.terminal.answer(formatValue({ markers: accounts, problems: broken }, 'json'));
  else session.terminal.answer(cleanText([...accounts.map(render), ...describeBroken(broken)].join('\n')));
}

async function locate(place: string, top: string): Promise<{ root: string; file: string; line: number | null }> {
  const [, name = place, number] = /^(.+?)(?::(\d+)(?::\d+)?)?$/.exec(place) ?? [];
  try {
    const [root, folder] = [await realpath(top), await realpath(dirname(name))];
    const file = relative(root, join(folder, basename(name)))
      .split(sep)
      .join('/');
    if (file.startsWith('../')) throw new Error(`it is not below --path ${top}`);
    return { root, file, line: number === undefined ? null : Number(number) };
  } catch (cause) {
    throw new CliError('USAGE', `${place}: ${describeFileError(cause)}`, cause);
  }
}

async function account(marker: Marker, resources: UpdateResources, root: string): Promise<MarkerAccount> {
  const { scopes } = findScopes(resources, root, false);
  const { selections } = pickOffline(resources);
  const key = formatKey(marker.policy);
  const { edits, problems } = findEdits([marker], scopes, resources.policies, selections);
  const [wanted] = edits;
  await using holds = openLocalHolds(root);
  const [judged] = await judgeEdits(edits, resources.policies, holds);
  const ref = selections.get(key);
  const verdict = judged?.verdict;
  const because =
    verdict?.kind === 'write'
      ? `the next run writes ${judged?.edit.after}`
      : (verdict?.because ?? problems[0]?.message ?? whyNothing(marker, resources));
  return {
    ...{ file: marker.file, line: marker.line, path: marker.path, policy: key, part: marker.part, value: marker.value },
    picked: ref === undefined ? null : `${ref.name}:${ref.tag}`,
    automations: (wanted?.scopes ?? []).flatMap(({ automation }) => (automation === undefined ? [] : [keyOf(automation.object)])),
    because: verdict?.kind === 'held' ? `held: ${because}` : because,
  };
}

function whyNothing({ policy }: Marker, { policies, automations }: UpdateResources): string {
  const found = policies.find(({ object }) => keyOf(object) === formatKey(policy))?.object;
  if (found === undefined) return `there is no ImagePolicy ${formatKey(policy)}`;
  if (found.spec.suspend === true) return 'the policy is suspended';
  if (found.status?.latestRef === undefined) return 'the policy picked nothing yet: its file has no status.latestRef';
  const own = automations.filter(({ object }) => object.metadata.namespace === policy.namespace);
  if (automations.length > 0 && own.every(({ object }) => object.spec.suspend === true))
    return own.length === 0 ? `no automation of namespace ${policy.namespace} writes here` : 'the automation is suspended';
  return 'nothing to do: what was picked stands there, or no automation writes this path';
}

function render({ file, line, path, policy, part, value, picked, automations, because }: MarkerAccount): string {
  return [
    `${file}:${line}  ${path}`,
    `  policy      ${policy} (${part})`,
    `  stands      ${value}`,
    `  picked      ${picked ?? '-'}`,
    `  written by  ${automations.join(', ') || '-'}`,
    `  ${because}`,
  ].join('\n');
}

function describeBroken(problems: MarkerFiles['problems']): string[] {
  return problems.map(({ file, line = 1, column = 1, message }) => `${file}:${line}:${column}: ${message}`);
}
