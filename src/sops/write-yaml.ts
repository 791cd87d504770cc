import { type Branch, type Comment, type Entry, isCollection, isComment, type List, type TreeValue } from './tree.ts';
import { escapeText, formatScalar, formatText, type ScalarText } from './yaml-scalar.ts';

const indentWidth = 4;
const longestSimpleKeyBytes = 128;

/** Documents as sops prints YAML (go-yaml v3, four spaces), so that what a generator makes of a decrypted file is what Flux makes of it. */
export function writeYaml(branches: readonly Branch[]): Buffer {
  return Buffer.from(branches.map(writeDocument).join('---\n'));
}

function writeDocument(branch: Branch): string {
  const writer = new Writer();
  writer.document(branch);
  return writer.finish();
}

/** Entries with the comments before and behind them. */
interface Commented<T> {
  readonly item: T;
  readonly head: readonly string[];
  readonly line: string;
}

class Writer {
  readonly #parts: string[] = [];
  #afterDash = false;

  document(branch: Branch): void {
    if (isEmpty(branch)) {
      for (const { text } of branch.entries.filter(isComment)) this.#write(`#${text}\n`);
      this.#write('{}\n');
    } else this.#branch(branch, 0);
  }

  finish(): string {
    return this.#parts.join('');
  }

  #branch(branch: Branch, indent: number, headTaken = false): void {
    const { items, foot } = sortComments<Entry>(branch.entries);
    for (const [index, { item, head, line }] of items.entries()) {
      if (!(headTaken && index === 0)) this.#comments(head, indent);
      this.#indent(indent);
      this.#key(item.key, indent);
      this.#value(item.value, line, (Math.floor(indent / indentWidth) + 1) * indentWidth);
    }
    this.#comments(foot, indent);
  }

  #list({ items: all }: List, indent: number): void {
    const { items, foot } = sortComments<TreeValue>(all);
    for (const [index, { item, head, line }] of items.entries()) {
      // What stands first inside of an item is printed before its dash; at the first item it takes the place of what stands before.
      const inside = isCollection(item) && !isEmpty(item) ? headOf(item) : [];
      this.#comments(index === 0 && inside.length > 0 ? inside : [...head, ...inside], indent);
      this.#indent(indent);
      this.#write('-');
      this.#afterDash = true;
      if (isCollection(item) && !isEmpty(item)) this.#nested(item, indent + 2, line);
      else this.#value(item, line, indent + 2);
    }
    this.#comments(foot, indent);
  }

  /** A collection that starts in the line of its dash. */
  #nested(item: Branch | List, indent: number, line: string): void {
    if (item.kind === 'branch') this.#branch(item, indent, true);
    else this.#list({ kind: 'list', items: withoutHead(item) }, indent);
    if (line !== '') this.#write(`${' '.repeat(indent)}${line}\n`);
  }

  #value(value: TreeValue, line: string, indent: number): void {
    if (isCollection(value) && !isEmpty(value)) {
      this.#write(line === '' ? '\n' : ` ${line}\n`);
      return value.kind === 'branch' ? this.#branch(value, indent) : this.#list(value, indent);
    }
    const comment = line === '' ? '' : ` ${line}`;
    if (isCollection(value)) this.#write(` ${value.kind === 'branch' ? '{}' : '[]'}${comment}\n`);
    else this.#scalar(formatScalar(value), comment, indent);
  }

  #scalar({ tag, text, style }: ScalarText, comment: string, indent: number): void {
    this.#write(`${tag === '' ? '' : ` ${tag}`} `);
    if (style === 'literal') this.#literal(text, comment, indent);
    else this.#write(`${escapeText(text, style)}${comment}\n`);
  }

  #literal(text: string, comment: string, indent: number): void {
    const hint = /^[ \n]/.test(text) ? String(indentWidth) : '';
    const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
    this.#write(`|${hint}${chomp}${comment}\n`);
    const lines = text.split('\n');
    const end = lines.pop() ?? '';
    for (const line of lines) this.#write(line === '' ? '\n' : `${' '.repeat(indent)}${line}\n`);
    if (end !== '') this.#write(`${' '.repeat(indent)}${end}\n`);
  }

  #key(key: string, indent: number): void {
    const { tag, text, style } = formatText(key);
    if (Buffer.byteLength(key) <= longestSimpleKeyBytes && !key.includes('\n')) {
      this.#write(`${tag === '' ? '' : `${tag} `}${escapeText(text, style)}:`);
      return;
    }
    this.#write('?');
    this.#scalar({ tag, text, style }, '', (Math.floor(indent / indentWidth) + 1) * indentWidth);
    this.#indent(indent);
    this.#write(':');
  }

  #comments(texts: readonly string[], indent: number): void {
    for (const text of texts) {
      this.#indent(indent);
      this.#write(`${text}\n`);
    }
  }

  /** Right after a dash the line goes on. */
  #indent(indent: number): void {
    this.#write(this.#afterDash ? ' ' : ' '.repeat(indent));
  }

  #write(text: string): void {
    this.#parts.push(text);
    this.#afterDash = false;
  }
}

function isEmpty(value: Branch | List): boolean {
  return value.kind === 'branch' ? value.entries.every(isComment) : value.items.every(isComment);
}

function sortComments<T extends Entry | TreeValue>(
  all: readonly (T | Comment)[],
): { readonly items: readonly Commented<T>[]; readonly foot: readonly string[] } {
  const items: Commented<T>[] = [];
  let head: string[] = [];
  let line: string[] = [];
  for (const one of all) {
    if (isComment(one)) (one.inline ? line : head).push(`#${one.text}`);
    else {
      items.push({ item: one, head, line: line.join('\n') });
      head = [];
      line = [];
    }
  }
  return { items, foot: [...head, ...line] };
}

function headOf(value: Branch | List): readonly string[] {
  const { items } = value.kind === 'branch' ? sortComments<Entry>(value.entries) : sortComments<TreeValue>(value.items);
  return items[0]?.head ?? [];
}

function withoutHead({ items }: List): List['items'] {
  const start = items.findIndex((item) => !(isComment(item) && !item.inline));
  return items.slice(start);
}
