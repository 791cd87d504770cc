import { SopsError } from './error.ts';
import { type Branch, branchOf, type Comment, type Entry, entryOf, type TreeValue } from './tree.ts';

/** Keys before the first header belong to it. */
export const defaultSection = 'DEFAULT';

/**
 * An INI file as sops' library reads it: sections in order (the unnamed one first, always there), comments before their key or section,
 * inline comments, quotes, values of several lines. Throws DOCUMENT_INVALID with the line's number.
 */
export function readIni(text: string): Branch[] {
  const reader = new Reader(text.replace(/^\uFEFF/, ''));
  return [branchOf(reader.read().map(({ name, entries }) => entryOf(name, branchOf([...entries.values()].flat()))))];
}

interface Section {
  readonly name: string;
  /** By key, each with its comment; '' has the section's own. */
  readonly entries: Map<string, readonly (Entry | Comment)[]>;
}

class Reader {
  readonly #lines: readonly string[];
  #next = 0;
  #comment = '';
  #unnamed = 1;

  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  read(): Section[] {
    let section: Section = { name: defaultSection, entries: new Map() };
    const sections = [section];
    while (this.#next < this.#lines.length) {
      const line = this.#take().trimStart();
      if (line === '') continue;
      if (/^[#;]/.test(line)) this.#comment += `${line}\n`;
      else if (line.startsWith('[')) {
        section = this.#section(line);
        sections.push(section);
      } else this.#key(line, section);
    }
    return sections;
  }

  #section(line: string): Section {
    const end = line.lastIndexOf(']');
    if (end < 0) throw this.#invalid('a section is not closed');
    const name = line.slice(1, end);
    if (name === '') throw this.#invalid('a section has no name');
    this.#comment += commentIn(line.slice(end + 1));
    this.#unnamed = 1;
    const comment = this.#takeComment();
    return { name, entries: new Map(comment === null ? [] : [['', [comment]]]) };
  }

  #key(line: string, { entries }: Section): void {
    const { name, rest } = this.#nameOf(line);
    const key = name === '-' ? `#${this.#unnamed++}` : name;
    const value = this.#value(rest);
    const comment = this.#takeComment();
    entries.set(key, [entryOf(key, value), ...(comment === null ? [] : [comment])]);
  }

  #nameOf(line: string): { readonly name: string; readonly rest: string } {
    const quote = /^"""(?=.{4})|^["`]/.exec(line)?.[0] ?? '';
    const end = quote === '' ? 0 : line.indexOf(quote, quote.length);
    if (end < 0) throw this.#invalid('the quotes around a key are not closed');
    const delimiter = line.slice(end).search(/[=:]/);
    if (delimiter < 0) throw this.#invalid('a key has no =');
    const name = quote === '' ? line.slice(0, delimiter) : line.slice(quote.length, end);
    if (name.trim() === '') throw this.#invalid('a key has no name');
    return { name: name.trim(), rest: line.slice(end + delimiter + 1) };
  }

  #value(rest: string): TreeValue {
    const line = rest.trimStart();
    const quote = /^"""(?=.)|^`/.exec(line)?.[0];
    if (quote !== undefined) return this.#quoted(line.slice(quote.length), quote);
    const trimmed = line.trimEnd();
    if (trimmed.endsWith('\\')) return this.#continued(trimmed.slice(0, -1));
    const comment = trimmed.search(/[#;]/);
    if (comment >= 0) this.#comment += trimmed.slice(comment);
    return unquote(comment >= 0 ? trimmed.slice(0, comment).trim() : trimmed);
  }

  #quoted(line: string, quote: string): string {
    const end = line.lastIndexOf(quote);
    if (end >= 0) return line.slice(0, end);
    let value = `${line}\n`;
    while (this.#next < this.#lines.length) {
      const next = this.#take();
      const close = next.lastIndexOf(quote);
      if (
        close >= 0 &&
        !next
          .slice(close + quote.length)
          .trim()
          .endsWith('\\')
      ) {
        this.#comment += commentIn(next.slice(close)).trim();
        return value + next.slice(0, close);
      }
      value += `${next}\n`;
    }
    throw this.#invalid('the quotes around a value are not closed');
  }

  #continued(start: string): string {
    let value = start;
    while (this.#next < this.#lines.length) {
      const next = this.#take().trim();
      if (next === '') break;
      value += next;
      if (!value.endsWith('\\')) break;
      value = value.slice(0, -1);
    }
    return value;
  }

  #take(): string {
    const line = this.#lines[this.#next] ?? '';
    this.#next += 1;
    return line;
  }

  #takeComment(): Comment | null {
    const text = this.#comment.trim();
    this.#comment = '';
    return text === '' ? null : { kind: 'comment', text: withoutMark(text), inline: false };
  }

  #invalid(what: string): SopsError {
    return new SopsError('DOCUMENT_INVALID', `not INI: ${what} in line ${this.#next}`);
  }
}

function commentIn(text: string): string {
  const start = text.search(/[#;]/);
  return start < 0 ? '' : text.slice(start);
}

function withoutMark(comment: string): string {
  return comment.startsWith(';') ? comment.replace(/^[; ]+/, '') : comment.replace(/^[# ]+/, '');
}

/** Quotes around a value go, if none of them stands inside. */
function unquote(value: string): string {
  for (const quote of ['"', "'"])
    if (value.length >= 2 && value.startsWith(quote) && value.indexOf(quote, 1) === value.length - 1) return value.slice(1, -1);
  return value;
}
