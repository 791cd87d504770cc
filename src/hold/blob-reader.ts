import type { GitMirror, Marker, Oid } from '../core/index.ts';
import { decodeText, findMarkers, mayHaveMarkers } from '../edit/index.ts';
import { createBoundedCache } from './bounded-cache.ts';

/** A file at some commit; null where it is absent. */
export type FileVersion = { readonly oid: Oid; readonly mode: string } | null;

/** Blobs of history, read once: they never change under their id. */
export interface BlobReader {
  /** All markers of a file; none for what is no regular file; null for text that cannot be read as YAML, which says nothing. */
  markers(file: string, version: FileVersion): Promise<readonly Marker[] | null>;
  /** False only if the file does not carry `text` for certain; costs no parsing. */
  mayContain(version: FileVersion, text: string): Promise<boolean>;
}

const maxTextBytes = 16 * 1024 * 1024;
const maxParsedFiles = 4096;

export function createBlobReader(mirror: Pick<GitMirror, 'blob'>): BlobReader {
  const texts = createBoundedCache<Buffer>(maxTextBytes);
  const parsed = createBoundedCache<readonly Marker[] | null>(maxParsedFiles);
  const read = async (oid: Oid): Promise<Buffer> => {
    const bytes = texts.get(oid) ?? (await mirror.blob(oid));
    texts.set(oid, bytes, bytes.length);
    return bytes;
  };
  return {
    async markers(file, version) {
      if (!isRegularFile(version)) return [];
      const known = parsed.get(version.oid);
      if (known !== undefined) return known;
      const markers = parseMarkers(file, await read(version.oid));
      parsed.set(version.oid, markers);
      return markers;
    },
    async mayContain(version, text) {
      if (!isRegularFile(version)) return false;
      const bytes = await read(version.oid);
      // A backslash may escape any character of a double-quoted value; then only parsing tells.
      return bytes.includes(text) || bytes.includes('\\');
    },
  };
}

function isRegularFile(version: FileVersion): version is NonNullable<FileVersion> {
  return version?.mode.startsWith('100') ?? false;
}

function parseMarkers(file: string, bytes: Buffer): readonly Marker[] | null {
  if (!mayHaveMarkers(bytes)) return [];
  const decoded = decodeText(file, bytes);
  if (decoded.kind === 'problem') return null;
  const { markers, problems } = findMarkers(file, decoded.text);
  return markers.length === 0 && problems.length > 0 ? null : markers;
}
