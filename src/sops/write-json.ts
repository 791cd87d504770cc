import { SopsError } from './error.ts';
import { formatSpecial } from './format-scalar.ts';
import { type Branch, type Entry, isComment, type TreeValue } from './tree.ts';

/** The first document as sops prints JSON: indented by tabs, without comments. */
export function writeJson([branch]: readonly Branch[]): Buffer {
  return Buffer.from(`${format(branch ?? { kind: 'branch', entries: [] }, '\n')}\n`);
}

function format(value: TreeValue, line: string): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value !== 'object') return String(value);
  switch (value.kind) {
    case 'branch':
      return enclose(
        '{',
        value.entries.filter((entry): entry is Entry => !isComment(entry)).map(formatEntry(`${line}\t`)),
        '}',
        line,
      );
    case 'list':
      return enclose(
        '[',
        value.items.filter((item): item is TreeValue => !isComment(item)).map((item) => format(item, `${line}\t`)),
        ']',
        line,
      );
    case 'time':
      return quote(value.text);
    case 'bytes':
      return quote(value.bytes.toString('base64'));
    default:
      return quote(value.bytes.toString('utf8'));
  }
}

function formatEntry(line: string): (entry: Entry) => string {
  return ({ key, value }) => `${quote(key)}: ${format(value, line)}`;
}

function enclose(open: string, items: readonly string[], close: string, line: string): string {
  return items.length === 0 ? `${open}${close}` : `${open}${line}\t${items.join(`,${line}\t`)}${line}${close}`;
}

function formatNumber(value: number): string {
  if (formatSpecial(value, '', '', '') !== null)
    throw new SopsError('DOCUMENT_INVALID', 'a number that is not finite has no place in JSON');
  return Object.is(value, -0) ? '-0' : String(value);
}

/** As Go quotes: what HTML minds is escaped, and so are the two separators of lines that JavaScript minded. */
function quote(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
