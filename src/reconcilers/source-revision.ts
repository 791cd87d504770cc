import type { KubeObject } from '../core/index.ts';

/** What is applied: the revision of the artifact, and the one that the artifact itself was made from. */
export interface SourceRevision {
  readonly revision: string;
  /** What the OCI annotation `org.opencontainers.image.revision` says; absent where the artifact has none. */
  readonly originRevision?: string;
}

const originAnnotation = 'org.opencontainers.image.revision';
const groupPrefix = 'kustomize.toolkit.fluxcd.io';

/** What a source object says of its artifact; undefined while it has none. */
export function sourceRevisionOf(source: KubeObject | undefined): SourceRevision | undefined {
  const { artifact } = (source?.['status'] ?? {}) as { artifact?: { revision?: string; metadata?: Record<string, string> } };
  if (artifact?.revision === undefined) return undefined;
  const originRevision = artifact.metadata?.[originAnnotation];
  return { revision: artifact.revision, ...(originRevision === undefined || originRevision === '' ? {} : { originRevision }) };
}

/** For `status.history[].metadata`. */
export function historyMetadata({ revision, originRevision }: SourceRevision): Record<string, string> {
  return { revision, ...(originRevision === undefined ? {} : { originRevision }) };
}

/** For the annotations of an event: notifications and commit statuses know by them which commit is meant. */
export function eventMetadata(applied: SourceRevision): Record<string, string> {
  return Object.fromEntries(Object.entries(historyMetadata(applied)).map(([key, value]) => [`${groupPrefix}/${key}`, value]));
}
