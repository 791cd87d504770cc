import type { Commit, GitSignature, Oid, TreeChange, TreeEntry } from '../core/index.ts';

/** One entry of a raw tree object. The name keeps its bytes: git does not promise UTF-8. */
export interface RawTreeEntry {
  readonly mode: string;
  readonly name: Buffer;
  readonly oid: Oid;
}

const oidBytes = 20;

/** The entries of a tree object's bytes (`<mode> <name>\0<oid>` each), in git's order. */
export function parseTree(bytes: Buffer): RawTreeEntry[] {
  const entries: RawTreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    if (space < 0 || end < 0) break;
    const next = end + 1 + oidBytes;
    entries.push({
      mode: bytes.toString('latin1', at, space),
      name: bytes.subarray(space + 1, end),
      oid: bytes.toString('hex', end + 1, next),
    });
    at = next;
  }
  return entries;
}

/** `git ls-tree -r -z`; paths get `prefix` in front. */
export function parseTreeListing(output: Buffer, prefix: string): TreeEntry[] {
  return splitAtNul(output).map((record) => {
    const tab = record.indexOf('\t');
    const [mode = '', , oid = ''] = record.slice(0, tab).split(' ');
    return { path: prefix + record.slice(tab + 1), mode, oid };
  });
}

/** `--raw -z --no-abbrev --no-renames` without headers: pairs of `:<modes> <oids> <status>` and path. */
export function parseRawDiff(output: Buffer): TreeChange[] {
  const parts = splitAtNul(output);
  const changes: TreeChange[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2)
    changes.push(parseRawChange(parts[index] ?? '', parts[index + 1] ?? ''));
  return changes;
}

export function parseRawChange(meta: string, path: string): TreeChange {
  const [oldMode = '', newMode = '', oldOid = '', newOid = ''] = meta.replace(/^\n?:/, '').split(' ');
  return { path, before: sideOf(oldMode, oldOid), after: sideOf(newMode, newOid) };
}

function sideOf(mode: string, oid: string): { oid: Oid; mode: string } | null {
  return mode === '000000' ? null : { oid, mode };
}

function splitAtNul(output: Buffer): string[] {
  const parts = output.toString('utf8').split('\0');
  parts.pop();
  return parts;
}

/** A commit object's bytes. Headers that nobody needs (signatures, merge tags) are left out; the message keeps its trailers. */
export function parseCommit(oid: Oid, bytes: Buffer): Commit {
  const end = bytes.indexOf('\n\n');
  const headers = parseHeaders((end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1'));
  const encoding = headers.get('encoding')?.[0];
  const decode = (raw: string) => decodeText(Buffer.from(raw, 'latin1'), encoding);
  return {
    oid,
    tree: headers.get('tree')?.[0] ?? '',
    parents: headers.get('parent') ?? [],
    author: parseSignature(decode(headers.get('author')?.[0] ?? '')),
    committer: parseSignature(decode(headers.get('committer')?.[0] ?? '')),
    message: end < 0 ? '' : decodeText(bytes.subarray(end + 2), encoding),
  };
}

function parseHeaders(text: string): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    if (line.startsWith(' ')) continue; // goes on from the header above: only signatures and merge tags do
    const space = line.indexOf(' ');
    const name = line.slice(0, space);
    headers.set(name, [...(headers.get(name) ?? []), line.slice(space + 1)]);
  }
  return headers;
}

function decodeText(bytes: Buffer, encoding: string | undefined): string {
  try {
    return new TextDecoder(encoding ?? 'utf-8').decode(bytes);
  } catch {
    return bytes.toString('utf8'); // an encoding nobody has heard of
  }
}

function parseSignature(text: string): GitSignature {
  const open = text.indexOf('<');
  const close = text.lastIndexOf('>');
  if (open < 0 || close < open) return { name: text.trim(), email: '', seconds: 0 };
  const seconds = Number.parseInt(text.slice(close + 1), 10);
  return {
    name: text.slice(0, open).trim(),
    email: text.slice(open + 1, close),
    seconds: Number.isFinite(seconds) ? seconds : 0,
  };
}
