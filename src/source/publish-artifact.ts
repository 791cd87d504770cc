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
  /** Forgets a source that is gone. */
  unpublish(source: SourceRef): Promise<void>;
}

/** With a server its storage; without one artifacts are only described. */
export function createPublishing(server: ArtifactServer | null): Publishing {
  return {
    async publish(source, artifact, { fileName = artifactFileName(artifact), ...options } = {}) {
      if (server === null) return describeUnserved(source, artifact, fileName, options);
      const status = await server.storage.store(source, artifact, fileName, options);
      await server.storage.collectGarbage(source, status);
      const { lastUpdateTime: _, ...description } = status;
      return description;
    },
    isPublished: async (status) => (server === null ? isNotServed(status) : server.storage.verify(status)),
    unpublish: async (source) => void (await server?.storage.remove(source)),
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
