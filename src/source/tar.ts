const blockBytes = 512;

export interface TarEntry {
  readonly path: string;
  readonly kind: 'file' | 'folder';
  readonly mode: number;
  readonly bytes: number;
}

/** A POSIX tar header without owner, group and time: the same entry gives the same bytes on every machine. */
export function describeTarEntry(entry: TarEntry): Buffer {
  const name = entry.path;
  const short = splitName(name);
  const typeFlag = entry.kind === 'folder' ? '5' : '0';
  if (short !== null && entry.bytes < 8 ** 11) return header(short, entry.mode, entry.bytes, typeFlag);
  // What ustar's fields cannot hold goes into an extended header before it.
  const records = Buffer.concat([
    paxRecord('path', name),
    ...(entry.bytes < 8 ** 11 ? [] : [paxRecord('size', String(entry.bytes))]),
  ]);
  const extended = header({ prefix: '', name: 'PaxHeaders.0/entry' }, 0o600, records.length, 'x');
  const own = header({ prefix: '', name: asciiName(name) }, entry.mode, Math.min(entry.bytes, 8 ** 11 - 1), typeFlag);
  return Buffer.concat([extended, records, padding(records.length), own]);
}

/** The zeros that fill an entry's content up to a whole block. */
export function padding(bytes: number): Buffer {
  return Buffer.alloc((blockBytes - (bytes % blockBytes)) % blockBytes);
}

/** What a tar ends with. */
export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes);

function splitName(name: string): { prefix: string; name: string } | null {
  if (!/^[\x20-\x7e]*$/.test(name)) return null;
  if (name.length <= 100) return { prefix: '', name };
  for (let at = name.indexOf('/'); at > 0 && at <= 155; at = name.indexOf('/', at + 1)) {
    const rest = name.slice(at + 1);
    if (rest.length > 0 && rest.length <= 100) return { prefix: name.slice(0, at), name: rest };
  }
  return null;
}

function asciiName(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '_').slice(-100);
}

function header(path: { prefix: string; name: string }, mode: number, bytes: number, typeFlag: string): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.write(path.name, 0, 100, 'latin1');
  block.write(octal(mode, 8), 100, 'latin1');
  block.write(octal(0, 8), 108, 'latin1');
  block.write(octal(0, 8), 116, 'latin1');
  block.write(octal(bytes, 12), 124, 'latin1');
  block.write(octal(0, 12), 136, 'latin1');
  block.write('        ', 148, 'latin1'); // the checksum counts its own field as spaces
  block.write(typeFlag, 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(path.prefix, 345, 155, 'latin1');
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

// `<length> <key>=<value>\n`, where the length counts itself.
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
