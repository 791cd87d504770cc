import { SopsError } from './error.ts';
import { formatLine } from './format-scalar.ts';
import { defaultSection } from './read-ini.ts';
import { type Branch, type Comment, type Entry, isCollection } from './tree.ts';

/** The first document as sops' library prints INI: values aligned in each section. Throws DOCUMENT_INVALID for what has no place in INI. */
export function writeIni([branch]: readonly Branch[]): Buffer {
  const sections = (branch?.entries ?? []).filter((entry): entry is Entry => entry.kind === 'entry');
  return Buffer.concat(sections.map((section, index) => writeSection(section, index, index === sections.length - 1)));
}

interface Key {
  readonly name: string;
  readonly value: Buffer;
  comment: string;
}

function writeSection({ key: name, value }: Entry, index: number, isLast: boolean): Buffer {
  if (typeof value !== 'object' || value?.kind !== 'branch') throw invalid(`'${name}' is no section`);
  const { comment, keys } = sort(value.entries);
  const head = comment === '' ? '' : comment.split('\n').map(sectionComment).join('');
  const isUnnamed = index === 0 && name.toUpperCase() === defaultSection;
  if (isUnnamed && keys.length === 0) return Buffer.from(head);
  const width = Math.max(0, ...keys.map((key) => Buffer.byteLength(key.name) + quotesOf(key.name)));
  return Buffer.concat([
    Buffer.from(`${head}${isUnnamed ? '' : `[${name}]\n`}`),
    ...keys.map((key) => writeKey(key, width)),
    Buffer.from(isLast ? '' : '\n'),
  ]);
}

/** A comment belongs to the key before it, the first one to the section. */
function sort(entries: readonly (Entry | Comment)[]): { comment: string; keys: Key[] } {
  const keys = new Map<string, Key>();
  let comment = '';
  let last: Key | undefined;
  for (const [index, entry] of entries.entries()) {
    if (entry.kind === 'entry') {
      if (isCollection(entry.value)) throw invalid(`'${entry.key}' is no scalar`);
      last = { name: entry.key, value: formatLine(entry.value), comment: keys.get(entry.key)?.comment ?? '' };
      keys.set(entry.key, last);
    } else if (index === 0) comment = entry.text;
    else if (last !== undefined) last.comment = entry.text;
  }
  return { comment, keys: [...keys.values()] };
}

function writeKey({ name, value, comment }: Key, width: number): Buffer {
  const head = comment === '' ? '' : comment.split('\n').map(keyComment).join('');
  const quoted = quoteName(name);
  const padding = ' '.repeat(Math.max(0, width - Buffer.byteLength(quoted)));
  return Buffer.concat([Buffer.from(`${head}${quoted}${padding} = `), quoteValue(value), Buffer.from('\n')]);
}

function sectionComment(line: string): string {
  return /^[#;]/.test(line) ? `${line.charAt(0)} ${line.slice(1).trim()}\n` : `; ${line}\n`;
}

function keyComment(line: string): string {
  return /^[#;]/.test(line) ? `${line.charAt(0)} ${line.slice(1).trim()}\n` : `; ${line.trim()}\n`;
}

function quoteName(name: string): string {
  if (/["=:]/.test(name)) return `\`${name}\``;
  return name.includes('`') ? `"""${name}"""` : name;
}

function quotesOf(name: string): number {
  return /["=:]/.test(name) ? 2 : name.includes('`') ? 6 : 0;
}

function quoteValue(value: Buffer): Buffer {
  const text = value.toString('latin1');
  if (/[\n`]/.test(text)) return wrap('"""', value);
  if (/[#;]/.test(text)) return wrap('`', value);
  return value.toString('utf8').trim() === value.toString('utf8') ? value : wrap('"', value);
}

function wrap(quote: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from(quote), value, Buffer.from(quote)]);
}

function invalid(what: string): SopsError {
  return new SopsError('DOCUMENT_INVALID', `${what}, and INI has no place for it`);
}
