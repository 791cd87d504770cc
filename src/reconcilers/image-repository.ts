import { isDeepStrictEqual } from 'node:util';
import { acceptListingAnnotation, type ImagePolicy, type ImageRepository, imageRepositoryKind } from '../api/index.ts';
import type { CloudLogins } from '../auth/index.ts';
import {
  type Cluster,
  type Difference,
  formatDuration,
  formatTime,
  type ImageName,
  type Instant,
  nameOf,
  parseDurationMs,
  type Reconciler,
  type Registry,
  type Report,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import { canonicalName, parseImageName } from '../registry/index.ts';
import {
  compileExclusions,
  doubtListing,
  type Exclusions,
  excludeTags,
  findExclusion,
  latestTags,
  tagListRevision,
} from '../select/index.ts';
import { clusterReader, resolveRegistryAccess } from './registry-access.ts';
import type { TagList, TagLists } from './tag-lists.ts';
import { findTagsInUse } from './tags-in-use.ts';

export interface ImageRepositoryDeps {
  readonly cluster: Cluster;
  readonly registry: Registry;
  readonly tagLists: TagLists;
  readonly logins: CloudLogins;
  /** Every ImagePolicy, of any namespace. */
  readonly listPolicies: () => readonly ImagePolicy[];
}

interface Seen {
  readonly image: ImageName;
  readonly kept: TagList | null;
}

type Plan =
  | { readonly do: 'scan'; readonly because: string; readonly image: ImageName; readonly kept: TagList | null }
  | { readonly do: 'wait'; readonly because: string; readonly kept: TagList; readonly afterMs: number };

type Done =
  | { readonly kind: 'waited' }
  /** `malformed` counts tags outside the grammar. */
  | { readonly kind: 'listed'; readonly list: TagList; readonly malformed: number }
  | { readonly kind: 'doubted'; readonly because: string; readonly revision: string };

const latestTagsShown = 10;

/** From here on a list is told to be long: it costs its registry, and everybody who goes through it. */
const manyTags = 100_000;

/** A loss that is still there after this long is taken for meant. */
const doubtMs = 24 * 3_600_000;

/** Lists the tags of an image when that is due, and keeps the last complete listing for the policies. */
export function createImageRepositoryReconciler(deps: ImageRepositoryDeps): Reconciler<ImageRepository, Seen, Plan, Done> {
  return {
    kind: imageRepositoryKind,
    observe: (resource, context) => observe(resource, context, deps),
    decide,
    act: (plan, resource, context) => act(plan, resource, context, deps),
    preview: async (plan, resource, context) => compareListing(resource, await act(plan, resource, context, deps)),
    report,
    finalize: (resource) => deps.tagLists.drop(nameOf(resource)),
  };
}

async function observe(resource: ImageRepository, _context: StepContext, deps: ImageRepositoryDeps): Promise<Seen> {
  return { image: parseImageName(resource.spec.image), kept: await deps.tagLists.read(nameOf(resource)) };
}

function decide(resource: ImageRepository, seen: Seen, now: Instant): Plan {
  const because = reasonToScan(resource, seen, now);
  if (because !== null) return { do: 'scan', because, image: seen.image, kept: seen.kept };
  const afterMs = nextScanAt(resource) - now;
  return {
    do: 'wait',
    because: `next scan in ${formatDuration(Math.round(afterMs / 1000) * 1000)}`,
    kept: seen.kept as TagList,
    afterMs,
  };
}

/** The first rule that asks for a scan, in Flux's order and words; null when none does. */
function reasonToScan(resource: ImageRepository, seen: Seen, now: Instant): string | null {
  const { status } = resource;
  const token = resource.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
  if (status?.lastScanResult === undefined) return 'first scan';
  if (token !== undefined && token !== status.lastHandledReconcileAt) return 'reconcile requested';
  if (status.canonicalImageName !== canonicalName(seen.image)) return 'new image name';
  if (!isDeepStrictEqual(new Set(status.observedExclusionList ?? []), new Set(resource.spec.exclusionList ?? [])))
    return 'updated exclusion list';
  // A listing that status does not speak of is of another time: the state folder came from elsewhere, or a crash fell between the two writes.
  // One of Flux may have no revision at all.
  if (seen.kept === null || seen.kept.revision !== status.lastScanResult.revision) return 'no tags in database';
  // A scan that failed leaves the old listing: try again when the queue says so, not at the next interval.
  if (resource.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'False'))
    return 'last scan failed';
  return nextScanAt(resource) - now < 1000 ? 'triggered by interval' : null;
}

function nextScanAt(resource: ImageRepository): Instant {
  const scannedAt = Date.parse(resource.status?.lastScanResult?.scanTime ?? '') || 0;
  return scannedAt + intervalMs(resource);
}

async function act(plan: Plan, resource: ImageRepository, context: StepContext, deps: ImageRepositoryDeps): Promise<Done> {
  if (plan.do === 'wait') return { kind: 'waited' };
  context.progress(`scanning: ${plan.because}`);
  const { signal, clock } = context;
  const exclusionList = resource.spec.exclusionList ?? [];
  const exclusions = compileExclusionList(exclusionList);
  const choice = { key: JSON.stringify(exclusionList), accepts: (tag: string) => findExclusion(exclusions, tag) === null };
  const reader = clusterReader(deps.cluster, nameOf(resource).namespace, signal);
  const access = await resolveRegistryAccess(resource.spec, plan.image, { reader, logins: deps.logins });
  const listing = await deps.registry.fetchTags(plan.image, access, signal, choice).catch(failScan);
  const tags = sortTagsDescending(listing.tags);
  const list: TagList = { canonicalName: canonicalName(plan.image), exclusionList, tags, revision: tagListRevision(tags) };
  const before = comparableTags(plan.kept, list, exclusions);
  const doubt = doubtListing(before, tags, findTagsInUse(resource, deps.listPolicies(), exclusions));
  if (doubt !== null && !(await isAccepted(resource, list, deps, clock.now()))) {
    await deps.tagLists.doubt(nameOf(resource), clock.now());
    return { kind: 'doubted', because: doubt, revision: list.revision };
  }
  await deps.tagLists.write(nameOf(resource), list);
  return { kind: 'listed', list, malformed: listing.malformed };
}

/** A scan reads the registry and keeps what it found for the policies of this process: nobody else is told. */
function compareListing({ status }: ImageRepository, done: Done): readonly Difference[] {
  if (done.kind === 'waited') return [];
  if (done.kind === 'doubted') return [{ kind: 'listing', message: `would not believe the listing: ${done.because}` }];
  const known = status?.lastScanResult;
  const isSame =
    known?.revision === undefined ? known?.tagCount === done.list.tags.length : known.revision === done.list.revision;
  if (isSame) return [];
  const theirs = known === undefined ? 'no scan' : `${known.tagCount}, scanned at ${known.scanTime}`;
  return [{ kind: 'listing', message: `lists ${done.list.tags.length} tags; status has ${theirs}` }];
}

/** The tags of the list before, as this exclusion list would have left them; null for those of another image. */
function comparableTags(kept: TagList | null, now: TagList, exclusions: Exclusions): readonly string[] | null {
  if (kept === null || kept.canonicalName !== now.canonicalName) return null;
  if (isDeepStrictEqual(kept.exclusionList, now.exclusionList)) return kept.tags;
  return excludeTags(exclusions, kept.tags).kept;
}

/** By a person, for exactly this list; or by time. */
async function isAccepted(
  resource: ImageRepository,
  list: TagList,
  { tagLists }: ImageRepositoryDeps,
  now: Instant,
): Promise<boolean> {
  if (resource.metadata.annotations?.[acceptListingAnnotation] === list.revision) return true;
  const since = await tagLists.doubtedSince(nameOf(resource));
  return since !== null && now - since >= doubtMs;
}

function compileExclusionList(list: readonly string[]): Exclusions {
  const compiled = compileExclusions(list);
  if (compiled.kind === 'compiled') return compiled.exclusions;
  throw new TagalongError('BAD_EXCLUSION', `scan failed: ${compiled.reason}`, { reason: 'ReadOperationFailed', retry: 'never' });
}

function failScan(error: unknown): never {
  if (!(error instanceof TagalongError)) throw error;
  throw new TagalongError(error.code, `scan failed: ${error.message}`, {
    retry: error.retry,
    reason: error.reason ?? 'ReadOperationFailed',
    cause: error,
  });
}

function sortTagsDescending(tags: readonly string[]): string[] {
  // Tags are ASCII by their grammar, so that code units are bytes.
  return tags.toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0));
}

function report(resource: ImageRepository, plan: Plan, done: Done, now: Instant): Report {
  if (plan.do === 'wait') return reportWaiting(resource, plan.kept, plan.afterMs);
  if (done.kind === 'listed') return reportListed(resource, done.list, done.malformed, now);
  return reportDoubted(resource, done.kind === 'doubted' ? done : { because: '', revision: '' });
}

function reportWaiting(resource: ImageRepository, kept: TagList, afterMs: number): Report {
  const before = resource.status?.conditions?.find((condition) => condition.type === 'Ready');
  // What the scan said, such as the tags it skipped, stays said.
  const message = before?.status === 'True' ? before.message : describeListed(kept, 0);
  return { ready: { status: 'True', reason: 'Succeeded', message }, outcome: 'done', next: { afterMs } };
}

function describeListed({ tags, revision }: TagList, malformed: number): string {
  const skipped = malformed === 0 ? '' : `, skipped ${malformed} that break the tag grammar`;
  const many = tags.length < manyTags ? '' : '; leave out by spec.exclusionList what no policy needs';
  return `successful scan: found ${tags.length} tags with checksum ${revision}${skipped}${many}`;
}

function reportListed(resource: ImageRepository, list: TagList, malformed: number, now: Instant): Report {
  const message = describeListed(list, malformed);
  return {
    ready: { status: 'True', reason: 'Succeeded', message },
    outcome: 'done',
    status: {
      canonicalImageName: list.canonicalName,
      observedExclusionList: list.exclusionList,
      lastScanResult: {
        revision: list.revision,
        tagCount: list.tags.length,
        scanTime: formatTime(now),
        latestTags: list.tags.length === 0 ? null : latestTags(list.tags, latestTagsShown),
      },
    },
    events: [...scanEvents(resource, message), ...lengthEvents(resource, list)],
    next: { afterMs: intervalMs(resource), jitter: true },
  };
}

/** Once, when the list grows past what is told to be long. */
function lengthEvents(resource: ImageRepository, { tags }: TagList): NonNullable<Report['events']> {
  if (tags.length < manyTags || (resource.status?.lastScanResult?.tagCount ?? 0) >= manyTags) return [];
  const message = `the image has ${tags.length} tags; each scan reads them all. Leave out by spec.exclusionList what no policy needs`;
  return [{ type: 'Warning', reason: 'ManyTags', message }];
}

/** The status keeps telling of the last good listing. */
function reportDoubted(resource: ImageRepository, { because, revision }: { because: string; revision: string }): Report {
  const { namespace, name } = nameOf(resource);
  const message =
    `the listing is not believed: ${because}; the last good one stays. If the loss is meant, run \`tagalong confirm listing ${name} -n ${namespace}\`; ` +
    `a loss that lasts a day is believed by itself. ${acceptListingAnnotation}: ${revision}`;
  const before = resource.status?.conditions?.find((condition) => condition.type === 'Ready');
  return {
    ready: { status: 'False', reason: 'ListingDistrusted', message },
    outcome: 'retry',
    events: before?.message === message ? [] : [{ type: 'Warning', reason: 'ListingDistrusted', message }],
    next: { afterMs: intervalMs(resource), jitter: true },
  };
}

/** News only: the first success after none, or another number or set of tags. */
function scanEvents(resource: ImageRepository, message: string): NonNullable<Report['events']> {
  const before = resource.status?.conditions?.find((condition) => condition.type === 'Ready');
  const isNews = before?.status !== 'True' || before.message !== message;
  return isNews ? [{ type: 'Normal', reason: 'Succeeded', message }] : [];
}

function intervalMs(resource: ImageRepository): number {
  return parseDurationMs(resource.spec.interval) ?? 60_000;
}
