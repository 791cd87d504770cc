import type { Bucket, GitRepository, OciRepository } from '../api/index.ts';
import type { ArtifactStatus, EventNote, StepContext } from '../core/index.ts';

/** What a run of a source that went well has to tell. */
export interface SourceNews {
  /** Null where nothing had to be made. */
  readonly artifact: Pick<ArtifactStatus, 'revision' | 'digest'> | null;
  /** How many archives that nobody needs any more were deleted. */
  readonly collected: number;
}

export interface SourceNewsWords {
  /** Of a new artifact, and of one that is there again after failures. */
  readonly stored: string;
  /** Where the remote has nothing new. */
  readonly unchanged: Pick<EventNote, 'reason' | 'message'>;
}

/**
 * The events of source-controller: `NewArtifact` where the content is another one, `Succeeded` where failures are over, and for those who read
 * events on the API alone that nothing was new and what was deleted.
 */
export function sourceEvents(
  resource: GitRepository | OciRepository | Bucket,
  { artifact, collected }: SourceNews,
  words: SourceNewsWords,
  failures: readonly string[],
): EventNote[] {
  const before = resource.status?.artifact;
  const current = artifact ?? before;
  const isSame = current?.revision === before?.revision && current?.digest === before?.digest;
  const isRecovered = resource.status?.conditions?.some(({ type }) => failures.includes(type)) ?? false;
  const reason = current?.digest !== before?.digest ? 'NewArtifact' : isRecovered ? 'Succeeded' : null;
  return [
    ...(collected === 0 ? [] : [trace('GarbageCollectionSucceeded', `garbage collected ${collected} artifacts`)]),
    ...(current === undefined || reason === null ? [] : [storedNote(reason, words.stored, current)]),
    ...(isSame ? [trace(words.unchanged.reason, words.unchanged.message)] : []),
  ];
}

function storedNote(
  reason: string,
  message: string,
  { revision, digest }: Pick<ArtifactStatus, 'revision' | 'digest'>,
): EventNote {
  const metadata = { 'source.toolkit.fluxcd.io/revision': revision, 'source.toolkit.fluxcd.io/digest': digest };
  return { type: 'Normal', reason, message, metadata };
}

/** Tells that the archives of a source that is gone were deleted, if there were any. */
export function tellRemoved({ event }: Pick<StepContext, 'event'>, removed: number): void {
  if (removed > 0) event(trace('GarbageCollectionSucceeded', 'garbage collected artifacts for deleted resource'));
}

function trace(reason: string, message: string): EventNote {
  return { type: 'Normal', reason, message, trace: true };
}
