import type { Bucket, OciRepository } from '../api/index.ts';
import { type ArtifactStatus, type Artifacts, nameOf, type SourceRef, type StepContext } from '../core/index.ts';
import type { ContentStore, Publishing } from '../source/index.ts';
import { tellRemoved } from './source-events.ts';

/** A source whose content is fetched into a store of its own: all but git, which has its mirror. */
export type ContentSource = OciRepository | Bucket;

export interface ContentSourceDeps extends Publishing {
  readonly artifacts: Artifacts;
  readonly contents: ContentStore;
}

/** Where the artifact of the revision that was found stands. */
export interface ArtifactPresence {
  readonly inMemory: boolean;
  readonly isPublished: boolean;
}

export type StorePlan<Seen> =
  | { readonly do: 'store'; readonly because: string; readonly seen: Seen }
  | { readonly do: 'nothing'; readonly because: string; readonly seen: Seen };

export function sourceRefOf(resource: ContentSource): SourceRef {
  return { kind: resource.kind, ...nameOf(resource) };
}

export async function presenceOf(resource: ContentSource, revision: string, deps: ContentSourceDeps): Promise<ArtifactPresence> {
  const artifact = resource.status?.artifact;
  return {
    inMemory: deps.artifacts.get(sourceRefOf(resource), revision) !== null,
    isPublished: artifact === undefined || (await deps.isPublished(artifact as ArtifactStatus)),
  };
}

/**
 * Whether the artifact of a revision has to be made: it is a new one, or it is gone, or was made with another spec. `describeChange` names a
 * field of the spec, beside the ignore rules, that changed what the artifact holds.
 */
export function decideStore<Seen extends ArtifactPresence>(
  resource: ContentSource,
  revision: string,
  seen: Seen,
  describeChange: () => string | null = () => null,
): StorePlan<Seen> {
  const isNew = resource.status?.artifact?.revision !== revision;
  const because = isNew ? `new upstream revision '${revision}'` : describeLack(resource, seen, describeChange);
  if (because !== null) return { do: 'store', because, seen };
  return { do: 'nothing', because: upToDate(revision), seen };
}

export function upToDate(revision: string): string {
  return `artifact up-to-date with remote revision: '${revision}'`;
}

/** Deletes archives that nobody needs any more; returns how many. */
export async function collectOld(
  resource: ContentSource,
  made: Omit<ArtifactStatus, 'lastUpdateTime'> | null,
  deps: ContentSourceDeps,
): Promise<number> {
  const current = made ?? resource.status?.artifact;
  return current === undefined ? 0 : deps.collect(sourceRefOf(resource), current as ArtifactStatus);
}

/** Why the artifact of a known revision has to be made once more. */
function describeLack(
  { spec, status = {} }: ContentSource,
  seen: ArtifactPresence,
  describeChange: () => string | null,
): string | null {
  if (!seen.isPublished) return 'disappeared from storage';
  if (status.observedIgnore !== spec.ignore) return 'the ignore rules changed';
  return describeChange() ?? (seen.inMemory ? null : 'the artifact has to be made again');
}

/** Nothing of the source is left in memory, in the store or among what is served. */
export async function forgetSource(resource: ContentSource, context: StepContext, deps: ContentSourceDeps): Promise<void> {
  const ref = sourceRefOf(resource);
  deps.artifacts.drop(ref);
  await deps.contents.drop(ref);
  tellRemoved(context, await deps.unpublish(ref));
}
