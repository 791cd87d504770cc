import { createHash } from 'node:crypto';
import type { Artifact, ArtifactStatus, SourceRef } from '../core/index.ts';
import { artifactPath } from './artifact-status.ts';

/** What an artifact is called in status: its place below the server, its revision and digest. */
export type ArtifactDescription = Omit<ArtifactStatus, 'lastUpdateTime'>;

/** The host of the URL of an artifact that nobody can download; a reserved name, so that it leads nowhere. */
const notServed = 'http://artifacts-are-not-served.invalid';

/**
 * The status of an artifact that is built from here and not packed, because no listener is on: the digest is that of its content
 * (RFC 2606 `.invalid` in the URL says the rest), so it changes exactly when a file changes.
 */
export async function describeArtifact(
  source: SourceRef,
  artifact: Artifact,
  fileName: string = artifactFileName(artifact),
  digest?: string,
): Promise<ArtifactDescription> {
  const path = artifactPath(source, fileName);
  const known = digest ?? (await digestContent(artifact));
  return { path, url: `${notServed}/${path}`, revision: artifact.revision, digest: known };
}

async function digestContent(artifact: Artifact): Promise<string> {
  const key = (await artifact.contentKey('')) ?? '';
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/** Whether a status says that its artifact cannot be downloaded. */
export function isNotServed({ url }: Pick<ArtifactStatus, 'url'>): boolean {
  return url.startsWith(`${notServed}/`);
}

/** `<sha>.tar.gz`, as Flux names the archive of a commit. */
export function artifactFileName(artifact: Artifact): string {
  return `${artifact.commit ?? artifact.revision.slice(artifact.revision.lastIndexOf(':') + 1)}.tar.gz`;
}
