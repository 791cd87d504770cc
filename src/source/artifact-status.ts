import { type ArtifactStatus, formatTime, type Instant, type SourceRef } from '../core/index.ts';
import { SourceError } from './error.ts';

export interface StoredArtifact {
  readonly source: SourceRef;
  /** `<sha>.tar.gz`. */
  readonly fileName: string;
  readonly revision: string;
  /** `sha256:<hex>` of the stored bytes. */
  readonly digest: string;
  readonly size: number;
  readonly storedAt: Instant;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** `status.artifact` as Flux writes it; `address` is where consumers reach the server, `http://host:port` or without the protocol. */
export function artifactStatus(
  { source, fileName, revision, digest, size, storedAt, metadata }: StoredArtifact,
  address: string,
): ArtifactStatus {
  const path = artifactPath(source, fileName);
  return {
    path,
    url: artifactUrl(path, address),
    revision,
    digest,
    lastUpdateTime: formatTime(storedAt),
    size,
    ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
  };
}

/** `gitrepository/<namespace>/<name>/<file>`, from the server's folder. */
export function artifactPath(source: SourceRef, fileName: string): string {
  return [...folderParts(source), checkSegment(fileName)].join('/');
}

export function folderParts({ kind, namespace, name }: SourceRef): string[] {
  return [kind.toLowerCase(), namespace, name].map(checkSegment);
}

function checkSegment(segment: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._:+-]*$/.test(segment)) return segment;
  throw new SourceError('ILLEGAL_PATH', `storing an artifact: ${JSON.stringify(segment)} cannot be a part of its path`, {
    retry: 'never',
  });
}

/** Where a file of the store is downloaded. */
export function artifactUrl(path: string, address: string): string {
  return `${(/^https?:\/\//.test(address) ? address : `http://${address}`).replace(/\/+$/, '')}/${path}`;
}
