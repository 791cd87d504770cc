import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

// Field positions: APPNOTE.TXT of PKWARE, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end).
const endSignature = 0x06054b50;
const centralSignature = 0x02014b50;
const longestEnd = 22 + 0xffff;

/** The bytes of one file of a zip archive without encryption or zip64; an error names the archive and the entry. */
export function readZipEntry(archive: string, entry: string): Buffer {
  const file = openSync(archive, 'r');
  try {
    const found = findEntry(readDirectory(file, statSync(archive).size), entry);
    if (found === null) throw new Error('there is no such entry');
    return readEntry(file, found);
  } catch (cause) {
    throw new Error(`reading ${entry} from ${archive}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  } finally {
    closeSync(file);
  }
}

interface ZipEntry {
  readonly method: number;
  readonly compressedBytes: number;
  readonly headerAt: number;
}

function readBytes(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (readSync(file, bytes, 0, length, position) !== length) throw new Error('the archive is cut short');
  return bytes;
}

function readDirectory(file: number, archiveBytes: number): Buffer {
  const tailBytes = Math.min(archiveBytes, longestEnd);
  const tail = readBytes(file, archiveBytes - tailBytes, tailBytes);
  for (let at = tailBytes - 22; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) === endSignature) return readBytes(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
  }
  throw new Error('it is not a zip archive');
}

function findEntry(directory: Buffer, name: string): ZipEntry | null {
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === centralSignature; ) {
    const nameBytes = directory.readUInt16LE(at + 28);
    if (directory.toString('utf8', at + 46, at + 46 + nameBytes) === name) {
      const [method, compressedBytes] = [directory.readUInt16LE(at + 10), directory.readUInt32LE(at + 20)];
      return { method, compressedBytes, headerAt: directory.readUInt32LE(at + 42) };
    }
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return null;
}

function readEntry(file: number, { method, compressedBytes, headerAt }: ZipEntry): Buffer {
  const header = readBytes(file, headerAt, 30);
  const start = headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const stored = readBytes(file, start, compressedBytes);
  if (method === 0) return stored;
  if (method === 8) return inflateRawSync(stored);
  throw new Error(`compression method ${method} is not supported`);
}
