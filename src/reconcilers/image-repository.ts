import { isDeepStrictEqual } from 'node:util';
import { type ImageRepository, imageRepositoryKind } from '../api/index.ts';
import { chooseRegistryCredentials, tlsFromSecret } from '../auth/index.ts';
import {
  type Cluster,
  formatDuration,
  formatTime,
  type ImageName,
  type Instant,
  nameOf,
  parseDurationMs,
  type Reconciler,
  type Registry,
  type RegistryAccess,
  type Report,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import { canonicalName, parseImageName } from '../registry/index.ts';
import { compileExclusions, type Exclusions, excludeTags, latestTags, tagListRevision } from '../select/index.ts';
import { readSecret } from './secrets.ts';
import type { TagList, TagLists } from './tag-lists.ts';

export interface ImageRepositoryDeps {
  readonly cluster: Cluster;
  readonly registry: Registry;
  readonly tagLists: TagLists;
}

interface Seen {
  readonly image: ImageName;
  readonly access: RegistryAccess;
  readonly kept: TagList | null;
}

type Plan =
  | { readonly do: 'scan'; readonly because: string; readonly image: ImageName; readonly access: RegistryAccess }
  | { readonly do: 'wait'; readonly because: string; readonly kept: TagList; readonly afterMs: number };

/** `malformed` counts tags outside the grammar. */
interface Done {
  readonly list: TagList;
  readonly malformed: number;
}

const latestTagsShown = 10;

/** Lists the tags of an image when that is due, and keeps the last complete listing for the policies. */
export function createImageRepositoryReconciler(deps: ImageRepositoryDeps): Reconciler<ImageRepository, Seen, Plan, Done> {
  return {
    kind: imageRepositoryKind,
    observe: (resource, context) => observe(resource, context, deps),
    decide,
    act: (plan, resource, context) => act(plan, resource, context, deps),
    report,
    finalize: (resource) => deps.tagLists.drop(nameOf(resource)),
  };
}

async function observe(resource: ImageRepository, context: StepContext, deps: ImageRepositoryDeps): Promise<Seen> {
  const image = parseImageName(resource.spec.image);
  return {
    image,
    access: await accessOf(resource, image, context, deps.cluster),
    kept: await deps.tagLists.read(nameOf(resource)),
  };
}

async function accessOf(
  resource: ImageRepository,
  image: ImageName,
  context: StepContext,
  cluster: Cluster,
): Promise<RegistryAccess> {
  const { spec } = resource;
  const { namespace } = nameOf(resource);
  const secrets = spec.secretRef === undefined ? [] : [await readSecret(cluster, namespace, spec.secretRef.name, context.signal)];
  const tls = spec.certSecretRef && tlsFromSecret(await readSecret(cluster, namespace, spec.certSecretRef.name, context.signal));
  return {
    credentials: chooseRegistryCredentials(secrets, image),
    insecure: spec.insecure ?? false,
    ...(tls === undefined ? {} : { tls }),
    timeoutMs: Math.max(1000, parseDurationMs(spec.timeout ?? spec.interval) ?? 60_000),
  };
}

function decide(resource: ImageRepository, seen: Seen, now: Instant): Plan {
  const because = reasonToScan(resource, seen, now);
  if (because !== null) return { do: 'scan', because, image: seen.image, access: seen.access };
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
  if (seen.kept?.revision !== status.lastScanResult.revision) return 'no tags in database';
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
  if (plan.do === 'wait') return { list: plan.kept, malformed: 0 };
  await context.progress(`scanning: ${plan.because}`);
  const exclusionList = resource.spec.exclusionList ?? [];
  const exclusions = compileExclusionList(exclusionList);
  const listing = await deps.registry.fetchTags(plan.image, plan.access, context.signal).catch(failScan);
  const tags = sortTagsDescending(excludeTags(exclusions, listing.tags).kept);
  const list: TagList = { canonicalName: canonicalName(plan.image), exclusionList, tags, revision: tagListRevision(tags) };
  await deps.tagLists.write(nameOf(resource), list);
  return { list, malformed: listing.malformed };
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
  const { list, malformed } = done;
  const skipped = malformed === 0 ? '' : `, skipped ${malformed} that break the tag grammar`;
  const message = `successful scan: found ${list.tags.length} tags with checksum ${list.revision}${skipped}`;
  const ready = { status: 'True', reason: 'Succeeded', message } as const;
  if (plan.do === 'wait') {
    const before = resource.status?.conditions?.find((condition) => condition.type === 'Ready');
    // What the scan said, such as the tags it skipped, stays said.
    const kept = before?.status === 'True' ? { ...ready, message: before.message } : ready;
    return { ready: kept, outcome: 'done', next: { afterMs: plan.afterMs } };
  }
  return {
    ready,
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
    events: scanEvents(resource, message),
    next: { afterMs: intervalMs(resource), jitter: true },
  };
}

/** News only: the first success after none, or another number or set of tags. */
function scanEvents(resource: ImageRepository, message: string): Report['events'] {
  const before = resource.status?.conditions?.find((condition) => condition.type === 'Ready');
  const isNews = before?.status !== 'True' || before.message !== message;
  return isNews ? [{ type: 'Normal', reason: 'Succeeded', message }] : [];
}

function intervalMs(resource: ImageRepository): number {
  return parseDurationMs(resource.spec.interval) ?? 60_000;
}
