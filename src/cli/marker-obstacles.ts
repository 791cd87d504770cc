import {
  activePause,
  describePause,
  findCondition,
  type GitRepository,
  type ImagePolicy,
  type ImageUpdateAutomation,
  matchesSelector,
  pullRequestAnnotation,
} from '../api/index.ts';
import { formatKey, type Instant, isUnder, keyOf, type Marker } from '../core/index.ts';
import { remotePlace } from '../git/index.ts';
import { parseHeldLine } from '../hold/index.ts';
import { checkoutOf, sourceOf } from '../reconcilers/index.ts';

/** The checkout that a marker was read in; null for what is not known. */
export interface MarkerPlace {
  readonly origin: string | null;
  readonly branch: string | null;
}

/** What a cluster has of a marker's namespace. */
export interface MarkerSurroundings {
  readonly policy: ImagePolicy | undefined;
  readonly automations: readonly ImageUpdateAutomation[];
  readonly sources: ReadonlyMap<string, GitRepository>;
  readonly now: Instant;
}

/** What a cluster says about a marker. */
export interface MarkerSituation {
  /** What keeps it from being written, the first thing first. */
  readonly obstacles: readonly string[];
  /** What else matters: where it is written, and by whom. */
  readonly notes: readonly string[];
  /** The automations that write it. */
  readonly writers: readonly string[];
}

/** Joins what policy, automations and their conditions say about one marker. Pure. */
export function describeSituation(marker: Marker, place: MarkerPlace, around: MarkerSurroundings): MarkerSituation {
  const policyWhy = whyPolicy(marker, around);
  if (around.policy === undefined) return { obstacles: policyWhy, notes: [], writers: [] };
  const policy = around.policy;
  const judged = around.automations.map((automation) => ({
    automation,
    why: whyNotIts(marker, place, automation, policy, around),
  }));
  const writers = judged.flatMap(({ automation, why }) => (why === null ? [automation] : []));
  const names = writers.map(keyOf);
  if (writers.length === 0) return { obstacles: [...policyWhy, ...whyNobody(marker, judged)], notes: [], writers: names };
  return {
    obstacles: [...policyWhy, ...writers.flatMap((automation) => whyAutomation(marker, automation, around.now))],
    notes: [...writers.flatMap(describeDelivery), ...tellRivals(names)],
    writers: names,
  };
}

function whyPolicy({ policy: name }: Marker, { policy }: MarkerSurroundings): string[] {
  const key = formatKey(name);
  if (policy === undefined) return [`the cluster has no ImagePolicy ${key}`];
  if (policy.spec.suspend === true) return [`ImagePolicy ${key} is suspended`];
  const ready = findCondition(policy.status?.conditions, 'Ready');
  if (policy.status?.latestRef === undefined)
    return [`ImagePolicy ${key} picked nothing yet: ${ready?.message ?? 'no run so far'}`];
  return [];
}

/** Why an automation has nothing to do with a marker, or null where it does. */
function whyNotIts(
  { file, policy: { namespace } }: Marker,
  place: MarkerPlace,
  automation: ImageUpdateAutomation,
  policy: ImagePolicy,
  { sources }: MarkerSurroundings,
): string | null {
  const { policySelector, update } = automation.spec;
  if (automation.metadata.namespace !== namespace) return 'is of another namespace';
  if (!matchesSelector(policy.metadata.labels ?? {}, policySelector)) return 'does not select this policy (spec.policySelector)';
  const path = cleanPath(update.path ?? '');
  if (!isUnder(file, path)) return `writes below ${path}/ alone (spec.update.path)`;
  const source = sources.get(formatKey(sourceOf(automation)));
  if (source === undefined) return `has no source: there is no GitRepository ${formatKey(sourceOf(automation))}`;
  if (place.origin !== null && remotePlace(place.origin) !== remotePlace(source.spec.url))
    return `writes to ${source.spec.url}, and this is a checkout of ${withoutUser(place.origin)}`;
  const branch = branchOf(automation, source);
  if (place.branch !== null && branch !== null && branch !== place.branch)
    return `reads branch ${branch}, and ${place.branch} is checked out here`;
  return null;
}

function whyNobody({ policy }: Marker, judged: readonly { automation: ImageUpdateAutomation; why: string | null }[]): string[] {
  if (judged.length === 0) return [`namespace ${policy.namespace} has no ImageUpdateAutomation`];
  return judged.map(({ automation, why }) => `ImageUpdateAutomation ${keyOf(automation)} ${why}`);
}

function whyAutomation(marker: Marker, automation: ImageUpdateAutomation, now: Instant): string[] {
  const name = `ImageUpdateAutomation ${keyOf(automation)}`;
  const pause = activePause(automation, now);
  const held = linesOf(automation, 'Held').filter((line) => isHeldHere(line, marker));
  const guarded = linesOf(automation, 'Guarded').filter((line) => isAbout(line, marker));
  const ignored = linesOf(automation, 'MarkersIgnored').filter((line) => line.startsWith(`${marker.file}:${marker.line}:`));
  return [
    ...(automation.spec.suspend === true ? [`${name} is suspended`] : []),
    ...(pause === null ? [] : [`${name} is paused ${describePause(pause)}`]),
    ...whyFailing(name, automation),
    ...ignored.map((line) => `has no effect: ${line}`),
    ...held.map((line) => `held: ${line}`),
    ...guarded.map((line) => `waits: ${line}`),
    ...linesOf(automation, 'BranchKept'),
  ];
}

function whyFailing(name: string, { status }: ImageUpdateAutomation): string[] {
  const ready = findCondition(status?.conditions, 'Ready');
  if (ready === undefined) return [`${name} did not run yet`];
  return ready.status === 'False' ? [`${name} is not ready (${ready.reason}): ${ready.message}`] : [];
}

function linesOf({ status }: ImageUpdateAutomation, type: string): string[] {
  const condition = findCondition(status?.conditions, type);
  return condition?.status === 'True' ? condition.message.split('\n') : [];
}

function isHeldHere(line: string, { file, policy, path }: Marker): boolean {
  const hold = parseHeldLine(line);
  return hold !== null && hold.file === file && hold.path === path && formatKey(hold.policy) === formatKey(policy);
}

/** Guards speak of a policy, all else of a place; lines move, and a policy says enough. */
function isAbout(line: string, { file, policy }: Marker): boolean {
  return line.includes(` of policy ${formatKey(policy)} waits: `) || line.startsWith(`${file}:`);
}

function describeDelivery(automation: ImageUpdateAutomation): string[] {
  const { metadata, spec } = automation;
  const open = linesOf(automation, 'RequestsOpen');
  if (open.length > 0) return open.map((line) => `asked for in ${line}; it is written once that is merged`);
  if (metadata.annotations?.[pullRequestAnnotation] === 'true')
    return [`${keyOf(automation)} asks by pull request; it is written once that is merged`];
  const branch = spec.git?.push?.branch;
  return branch === undefined ? [] : [`${keyOf(automation)} pushes to branch ${branch}; it is written here once that is merged`];
}

function tellRivals(names: readonly string[]): string[] {
  return names.length < 2 ? [] : [`${names.join(' and ')} write the same marker; one of them is enough`];
}

function branchOf({ spec }: ImageUpdateAutomation, source: GitRepository): string | null {
  const checkout = checkoutOf(spec.git?.checkout?.ref ?? source.spec.ref);
  return checkout.kind === 'branch' ? checkout.branch : null;
}

function withoutUser(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^@/]*@/, '$1');
}

function cleanPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}
