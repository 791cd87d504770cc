import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { type Cluster, formatImageRef, formatKey, keyOf, type Marker } from '../core/index.ts';
import { openWorkTree } from '../git/index.ts';
import { readPolicies } from '../policies/index.ts';
import { cleanText } from './clean-text.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { describeFileError } from './describe-file-error.ts';
import { CliError } from './error.ts';
import { judgeEdits } from './judge-edits.ts';
import { type LocalHolds, openLocalHolds } from './local-holds.ts';
import { describeSituation } from './marker-obstacles.ts';
import { readSurroundings } from './marker-surroundings.ts';
import { withCluster } from './open-cluster.ts';
import { findEdits, type JudgedEdit } from './plan-folder.ts';
import { formatValue } from './print-objects.ts';
import { type MarkerFiles, readMarkersOf } from './read-marker-files.ts';
import type { Session } from './session.ts';
import { findScopes, type Scope, sortResources, type UpdateResources } from './update-resources.ts';
import { pickOffline } from './update-selections.ts';

/** The options of `explain marker`, as commander parsed them. */
export interface ExplainMarkerOptions {
  /** Without them those of a cluster. */
  readonly policies?: string;
  /** The root of the repository, from which paths of automations count; by default the work tree that the file is in. */
  readonly path?: string;
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
  /** What matters beside it. */
  readonly also: readonly string[];
}

/** Says of each marker of a file (or of the one on a line) which policy it names, what that picked, who would write it, and why nothing happens. */
export async function explainMarker(
  place: string,
  options: ExplainMarkerOptions,
  target: ClusterOptions,
  session: Session,
): Promise<void> {
  const { root, file, line } = await locate(place, options.path);
  const read = await readMarkersOf(root, file);
  const markers = (read.files[0]?.markers ?? []).filter((marker) => line === null || marker.line === line);
  const broken = read.problems.filter((one) => line === null || one.line === line);
  if (markers.length === 0 && broken.length === 0) throw new CliError('NOT_FOUND', `${place} has no marker`);
  const accounts = await (options.policies === undefined
    ? withCluster(target, session, (cluster) => accountOnCluster(markers, root, cluster, session))
    : accountOffline(markers, root, options.policies));
  if (options.output === 'json') session.terminal.answer(formatValue({ markers: accounts, problems: broken }, 'json'));
  else session.terminal.answer(cleanText([...accounts.map(render), ...describeBroken(broken)].join('\n')));
}

async function locate(place: string, top: string | undefined): Promise<{ root: string; file: string; line: number | null }> {
  const [, name = place, number] = /^(.+?)(?::(\d+)(?::\d+)?)?$/.exec(place) ?? [];
  try {
    const folder = await realpath(dirname(name));
    const root = await realpath(top ?? (await findTop(folder)) ?? '.');
    const file = relative(root, join(folder, basename(name)))
      .split(sep)
      .join('/');
    if (file.startsWith('../')) throw new Error(`it is not below ${top === undefined ? 'this folder' : `--path ${top}`}`);
    return { root, file, line: number === undefined ? null : Number(number) };
  } catch (cause) {
    throw new CliError('USAGE', `${place}: ${describeFileError(cause)}`, cause);
  }
}

async function findTop(folder: string): Promise<string | null> {
  await using tree = await openWorkTree(folder);
  return tree?.top ?? null;
}

async function accountOffline(markers: readonly Marker[], root: string, policies: string): Promise<MarkerAccount[]> {
  const resources = sortResources((await readPolicies(policies)).objects);
  const { scopes } = findScopes(resources, root, false);
  await using holds = openLocalHolds(root);
  const accounts: MarkerAccount[] = [];
  for (const marker of markers) {
    const { judged, problem, scopes: writing } = await judgeMarker(marker, scopes, resources, holds);
    const verdict = judged?.verdict;
    const because =
      verdict?.kind === 'write'
        ? `the next run writes ${judged?.edit.after}`
        : (verdict?.because ?? problem ?? whyNothing(marker, resources));
    accounts.push({
      ...describeMarker(marker, resources),
      automations: writing.flatMap(({ automation }) => (automation === undefined ? [] : [keyOf(automation.object)])),
      because: verdict?.kind === 'held' ? `held: ${because}` : because,
      also: [],
    });
  }
  return accounts;
}

/** The same with what guards, holds, branches and other automations of a cluster do to the marker. */
async function accountOnCluster(
  markers: readonly Marker[],
  root: string,
  cluster: Cluster,
  session: Session,
): Promise<MarkerAccount[]> {
  await using tree = await openWorkTree(root);
  const origin = await tree?.readOrigin();
  const place = { origin: origin?.url ?? null, branch: origin?.branch ?? null };
  await using holds = openLocalHolds(root);
  const accounts: MarkerAccount[] = [];
  for (const marker of markers) {
    const { resources, sources } = await readSurroundings(marker.policy.namespace, cluster, session);
    const policy = resources.policies.find(({ object }) => keyOf(object) === formatKey(marker.policy))?.object;
    const around = { policy, automations: resources.automations.map(({ object }) => object), sources, now: session.clock.now() };
    const { obstacles, notes, writers } = describeSituation(marker, place, around);
    const automations = resources.automations.filter(({ object }) => writers.includes(keyOf(object)));
    const found = findScopes({ ...resources, automations }, root, false).scopes;
    const scopes = found.length > 0 ? found : findScopes({ ...resources, automations: [] }, root, false).scopes;
    const { judged, problem } = await judgeMarker(marker, scopes, resources, holds);
    const isChosen = policy?.status?.latestRef !== undefined && policy.spec.suspend !== true;
    const isStanding = isChosen && judged === undefined && problem === undefined;
    const said = sayWhy({ obstacles, notes, judged, isStanding, problem: isChosen ? problem : undefined });
    accounts.push({ ...describeMarker(marker, resources), automations: writers, ...said });
  }
  return accounts;
}

interface Said {
  readonly obstacles: readonly string[];
  readonly notes: readonly string[];
  readonly judged: JudgedEdit | undefined;
  readonly problem: string | undefined;
  /** What was picked is what the marker has. */
  readonly isStanding: boolean;
}

/** One answer, the first thing that keeps the marker as it is; what else there is stands behind it. */
function sayWhy({ obstacles, notes, judged, problem, isStanding }: Said): Pick<MarkerAccount, 'because' | 'also'> {
  if (isStanding) return { because: 'nothing to do: what was picked stands there', also: obstacles };
  const verdict = judged?.verdict;
  const isHeldThere = obstacles.some((obstacle) => obstacle.startsWith('held: '));
  const byHistory = verdict === undefined || verdict.kind === 'write' || isHeldThere ? [] : [verdict.because];
  const next = judged === undefined ? [] : [`the next run writes ${judged.edit.after}`];
  const [because = 'nothing is known of it', ...also] = [
    ...(problem === undefined ? [] : [problem]),
    ...obstacles,
    ...byHistory.map((text) => `by the history of this checkout: ${text}`),
    ...notes,
    ...(obstacles.length + byHistory.length + notes.length === 0 ? next : []),
  ];
  return { because, also };
}

async function judgeMarker(
  marker: Marker,
  scopes: readonly Scope[],
  resources: UpdateResources,
  holds: LocalHolds,
): Promise<{ judged: JudgedEdit | undefined; problem: string | undefined; scopes: readonly Scope[] }> {
  const { selections } = pickOffline(resources);
  const { edits, problems } = findEdits([marker], scopes, resources.policies, selections);
  const [judged] = await judgeEdits(edits, resources.policies, holds);
  return { judged, problem: problems[0]?.message, scopes: edits[0]?.scopes ?? [] };
}

type Described = Omit<MarkerAccount, 'automations' | 'because' | 'also'>;

function describeMarker({ file, line, path, policy, part, value }: Marker, resources: UpdateResources): Described {
  const ref = pickOffline(resources).selections.get(formatKey(policy));
  return {
    ...{ file, line, path, policy: formatKey(policy), part, value },
    picked: ref === undefined ? null : formatImageRef(ref),
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

function render({ file, line, path, policy, part, value, picked, automations, because, also }: MarkerAccount): string {
  return [
    `${file}:${line}  ${path}`,
    `  policy      ${policy} (${part})`,
    `  stands      ${value}`,
    `  picked      ${picked ?? '-'}`,
    `  written by  ${automations.join(', ') || '-'}`,
    `  ${because}`,
    ...also.map((line) => `  also: ${line}`),
  ].join('\n');
}

function describeBroken(problems: MarkerFiles['problems']): string[] {
  return problems.map(({ file, line = 1, column = 1, message }) => `${file}:${line}:${column}: ${message}`);
}
