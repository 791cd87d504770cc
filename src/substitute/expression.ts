/** What stands between `${` and `}`. All texts are bytes, one a character. */
export interface Expression {
  readonly name: string;
  /** '' for the bare variable, 'length' for `${#name}`, else the operator as it is written: `^^`, `:`, `##`, `/%`, `:=`. */
  readonly operator: string;
  readonly args: readonly Part[];
}

export type Part = string | Expression;

/** The bytes of a text, one a character: lengths and positions in expressions count bytes. */
export function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Text again; bytes that are no UTF-8 are lost. */
export function fromBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The UTF-8 character that starts at a byte, and its length; an invalid byte counts as U+FFFD of length 1. */
export function characterAt(bytes: string, at: number): { readonly character: string; readonly length: number } {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return { character: bytes.charAt(at), length: 1 };
  const [character = ''] = fromBytes(bytes.slice(at, at + 4));
  return character === '\ufffd' && !bytes.startsWith('\xef\xbf\xbd', at)
    ? { character, length: 1 }
    : { character, length: Buffer.byteLength(character) };
}
