import type { FileProblem } from '../core/index.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type DecodedText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'problem'; readonly problem: FileProblem };

/**
 * The text of a file, such that encoding it again gives the same bytes: a byte order mark stays in it, and bytes that are
 * not UTF-8 are a problem instead of being replaced.
 */
export function decodeText(file: string, bytes: Uint8Array): DecodedText {
  try {
    return { kind: 'text', text: utf8.decode(bytes) };
  } catch {
    return { kind: 'problem', problem: { file, message: 'not valid UTF-8; save the file as UTF-8 to have its markers updated' } };
  }
}
