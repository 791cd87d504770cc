import { GitError } from './error.ts';

/** A commit or tag object taken apart into what was signed and the signature over it. */
export interface SignedObject {
  readonly payload: Buffer;
  /** Armoured text; null where the object is not signed. */
  readonly signature: string | null;
}

const signatureHeaders = /^gpgsig(-sha256)? /;
const tagSignature = /^-----BEGIN (PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----$/;

/** The signature of a commit stands in its header `gpgsig`, and is over the object without it (git: `parse_signed_commit`). */
export function parseSignedCommit(bytes: Buffer): SignedObject {
  const { kept, signatures } = splitHeaders(bytes);
  if (signatures.length > 1) throw new GitError('BAD_SIGNATURE', 'the commit carries more than one signature');
  return { payload: kept, signature: signatures[0] ?? null };
}

/** The signature of a tag is the end of its message, from the last line that begins one. */
export function parseSignedTag(bytes: Buffer): SignedObject & { readonly name: string } {
  const { kept } = splitHeaders(bytes);
  const lines = kept.toString('latin1').split('\n');
  const name = lines.find((line) => line.startsWith('tag '))?.slice('tag '.length) ?? '';
  const start = lines.findLastIndex((line) => tagSignature.test(line));
  if (start < 0) return { name, payload: kept, signature: null };
  const payload = lines.slice(0, start).map((line) => `${line}\n`);
  return { name, payload: Buffer.from(payload.join(''), 'latin1'), signature: lines.slice(start).join('\n') };
}

/** The object without its signature headers, and the text of each. Nothing below the first empty line is a header. */
function splitHeaders(bytes: Buffer): { kept: Buffer; signatures: readonly string[] } {
  const end = bytes.indexOf('\n\n');
  const headers = bytes.toString('latin1', 0, end < 0 ? bytes.length : end).split('\n');
  const kept: string[] = [];
  const signatures: string[][] = [];
  let current: string[] | null = null;
  for (const line of headers) {
    if (line.startsWith(' ')) {
      (current ?? kept).push(current === null ? line : line.slice(1));
      continue;
    }
    current = signatureHeaders.test(line) ? [line.replace(signatureHeaders, '')] : null;
    if (current === null) kept.push(line);
    else if (line.startsWith('gpgsig ')) signatures.push(current);
  }
  const rest = end < 0 ? Buffer.alloc(0) : bytes.subarray(end);
  return {
    kept: Buffer.concat([Buffer.from(kept.join('\n'), 'latin1'), rest]),
    signatures: signatures.map((lines) => lines.join('\n')),
  };
}
