import { createHash } from 'node:crypto';
import type { Artifact, ArtifactStatus, SourceRef } from '../core/index.ts';
import type { ArtifactServer } from './artifact-server.ts';
import { latestName, type StoreOptions } from './artifact-storage.ts';
import { type ArtifactDescription, artifactFileName, describeArtifact, isNotServed } from './describe-artifact.ts';

export interface PublishOptions extends StoreOptions {
  /** By default the hex of the revision, with `.tar.gz`. */
  readonly fileName?: string | undefined;
}

/** Where sources put their archives for other controllers. */
export interface Publishing {
  /** Describes an artifact for status, and stores its archive where somebody may download it. */
  publish(source: SourceRef, artifact: Artifact, options?: PublishOptions): Promise<ArtifactDescription>;
  /** Whether the archive is still where status says, and what it says; true where none are stored. */
  isPublished(status: ArtifactStatus): Promise<boolean>;
  /** Deletes the archives that nobody downloads any more; returns how many. */
  collect(source: SourceRef, current: ArtifactDescription): Promise<number>;
  /** Forgets a source that is gone; returns how many archives it had. */
  unpublish(source: SourceRef): Promise<number>;
}

/** With a server its storage; without one artifacts are only described. */
export function createPublishing(server: ArtifactServer | null): Publishing {
  return {
    async publish(source, artifact, { fileName = artifactFileName(artifact), ...options } = {}) {
      if (server === null) return describeUnserved(source, artifact, fileName, options);
      const status = await server.storage.store(source, artifact, fileName, options);
      const { lastUpdateTime: _, ...description } = status;
      return description;
    },
    isPublished: async (status) => (server === null ? isNotServed(status) : server.storage.verify(status)),
    collect: async (source, current) => (await server?.storage.collectGarbage(source, current)) ?? 0,
    unpublish: async (source) => (await server?.storage.remove(source)) ?? 0,
  };
}

async function describeUnserved(
  source: SourceRef,
  artifact: Artifact,
  fileName: string,
  { bytes, metadata }: StoreOptions,
): Promise<ArtifactDescription> {
  const digest = bytes === undefined ? undefined : `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const described = await describeArtifact(source, artifact, fileName, digest);
  return { ...described, ...(metadata === undefined ? {} : { metadata: { ...metadata } }) };
}

/** Where the newest archive of the source can always be downloaded; null for one that nobody can. */
export function latestUrl(status: Pick<ArtifactStatus, 'url'>): string | null {
  return isNotServed(status) ? null : status.url.replace(/[^/]+$/, latestName);
}
