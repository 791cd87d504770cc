import { isDeepStrictEqual } from 'node:util';
import type { Bucket, OciRepository } from '../api/index.ts';
import type { ArtifactStatus, Instant, Report } from '../core/index.ts';
import { latestUrl } from '../source/index.ts';
import { upToDate } from './content-source.ts';
import { type SourceNews, sourceEvents } from './source-events.ts';
import { sourceIntervalMs } from './source-spec.ts';

export interface SourceDone extends SourceNews {
  /** Null where nothing had to be made. */
  readonly artifact: Omit<ArtifactStatus, 'lastUpdateTime'> | null;
}

export interface SourceWords {
  /** Of Ready and ArtifactInStorage, for a revision. */
  stored(revision: string): string;
  /** Of the event about a new artifact. */
  readonly event: string;
  /** Of SourceVerified; null where nothing is to be verified. */
  readonly verified: string | null;
  /** The fields of spec that went into the artifact, as status remembers them. */
  readonly observed: Readonly<Record<string, unknown>>;
}

const failures = ['FetchFailed', 'StorageOperationFailed'];

/** What a run that went well says, for the sources that are not git. */
export function reportSource(resource: OciRepository | Bucket, done: SourceDone, words: SourceWords, now: Instant): Report {
  const { artifact } = done;
  const revision = artifact?.revision ?? resource.status?.artifact?.revision ?? '';
  const unchanged = { reason: 'ArtifactUpToDate', message: upToDate(revision) };
  const state = { status: 'True', reason: 'Succeeded', message: words.stored(revision) } as const;
  const verified = { type: 'SourceVerified', status: 'True', reason: 'Succeeded', message: words.verified ?? '' } as const;
  return {
    ready: state,
    outcome: 'done',
    conditions: [{ type: 'ArtifactInStorage', ...state }, ...(words.verified === null ? [] : [verified])],
    remove: [...failures, 'ArtifactOutdated', ...(words.verified === null ? ['SourceVerified'] : [])],
    ...(artifact === null ? {} : { status: statusOf(resource, artifact, words, now) }),
    events: sourceEvents(resource, done, { stored: words.event, unchanged }, failures),
    next: { afterMs: sourceIntervalMs(resource.spec), jitter: true },
  };
}

/** `lastUpdateTime` tells when the artifact became what it is: making the same one again changes nothing. */
function statusOf(
  { status }: OciRepository | Bucket,
  artifact: Omit<ArtifactStatus, 'lastUpdateTime'>,
  { observed }: SourceWords,
  now: Instant,
): Record<string, unknown> {
  const { lastUpdateTime, ...before }: Partial<ArtifactStatus> = status?.artifact ?? {};
  const time = isDeepStrictEqual(before, artifact) ? lastUpdateTime : `${new Date(now).toISOString().slice(0, 19)}Z`;
  // A merge patch keeps the annotations of an older manifest unless they are taken away.
  const gone = Object.keys(before.metadata ?? {}).filter((name) => artifact.metadata?.[name] === undefined);
  const metadata = { ...artifact.metadata, ...Object.fromEntries(gone.map((name) => [name, null])) };
  const own = artifact.metadata === undefined ? null : metadata;
  return { artifact: { ...artifact, metadata: own, lastUpdateTime: time }, url: latestUrl(artifact), ...observed };
}
