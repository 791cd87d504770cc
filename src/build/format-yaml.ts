import { escapeYamlCharacter } from '../core/index.ts';
import { compareKeys } from './compare-keys.ts';
import { chooseStyle } from './scalar-style.ts';

const bestWidth = 80;
const longestSimpleKeyBytes = 128;

/**
 * A value as `kustomize build` prints it (go-yaml v2: keys in natural order, lists not indented, lines folded past 80 columns), so that
 * digests over it are the ones Flux computes.
 */
export function formatYaml(value: unknown): string {
  const writer = new Writer();
  writer.node(value, -2);
  return writer.finish();
}

class Writer {
  readonly #parts: string[] = [];
  #column = 0;

  /** Writes a value whose container is indented by `indent`; -2 for the document itself. */
  node(value: unknown, indent: number, inList = false): void {
    if (Array.isArray(value)) return value.length === 0 ? this.#inline('[]') : this.#list(value, indent, inList);
    if (typeof value === 'object' && value !== null) {
      const keys = Object.keys(value).toSorted(compareKeys);
      return keys.length === 0 ? this.#inline('{}') : this.#map(value as Record<string, unknown>, keys, indent, inList);
    }
    if (typeof value === 'string') return this.#text(value, indent + 2, false);
    this.#inline(typeof value === 'number' ? formatNumber(value) : String(value ?? null));
  }

  finish(): string {
    if (this.#column > 0) this.#write('\n');
    return this.#parts.join('');
  }

  #map(map: Record<string, unknown>, keys: readonly string[], outer: number, inList: boolean): void {
    const indent = outer + 2;
    for (const [index, key] of keys.entries()) {
      // The first key of a list's item stands right after its dash.
      if (index === 0 && inList) this.#space();
      else this.#newLine(indent);
      if (Buffer.byteLength(key) > longestSimpleKeyBytes) this.#explicitKey(key, indent);
      else this.#text(key, indent, true);
      this.#write(':');
      this.node(map[key], indent);
    }
  }

  #explicitKey(key: string, indent: number): void {
    this.#write('?');
    this.#text(key, indent + 2, false);
    this.#newLine(indent);
  }

  #list(items: readonly unknown[], outer: number, inList: boolean): void {
    // In a mapping a list's dashes stand under the key; in a list they are nested.
    const indent = inList || outer < 0 ? outer + 2 : outer;
    for (const [index, item] of items.entries()) {
      if (index === 0 && inList) this.#space();
      else this.#newLine(indent);
      this.#write('-');
      this.node(item, indent, true);
    }
  }

  #inline(text: string): void {
    this.#space();
    this.#write(text);
  }

  #text(text: string, indent: number, isKey: boolean): void {
    const style = chooseStyle(text, isKey);
    if (!isKey) this.#space();
    if (style === 'literal') return this.#literal(text, indent);
    if (style === 'plain') return this.#folded(text, indent, isKey, 'plain');
    this.#write(style === 'single' ? "'" : '"');
    this.#folded(text, indent, isKey, style);
    this.#write(style === 'single' ? "'" : '"');
  }

  /** Breaks the line at a single space past the best width. */
  #folded(text: string, indent: number, isKey: boolean, style: 'plain' | 'single' | 'double'): void {
    const characters = [...text];
    let afterSpace = false;
    for (const [index, character] of characters.entries()) {
      const isInside = style === 'plain' || (index > 0 && index < characters.length - 1);
      const mayBreak = character === ' ' && !isKey && !afterSpace && this.#column > bestWidth && isInside;
      const nextIsSpace = characters[index + 1] === ' ';
      if (mayBreak && style === 'double') this.#foldQuoted(indent, nextIsSpace);
      else if (mayBreak && !nextIsSpace) this.#newLine(indent);
      else
        this.#write(
          style === 'single' && character === "'" ? "''" : style === 'double' ? escapeYamlCharacter(character) : character,
        );
      afterSpace = character === ' ';
    }
  }

  #foldQuoted(indent: number, nextIsSpace: boolean): void {
    this.#newLine(indent);
    if (nextIsSpace) this.#write('\\');
  }

  #literal(text: string, indent: number): void {
    const hint = text.startsWith(' ') || text.startsWith('\n') ? '2' : '';
    const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
    this.#write(`|${hint}${chomp}\n`);
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) this.#write(line === '' ? '\n' : `${' '.repeat(indent)}${line}\n`);
    if (last !== '') this.#write(`${' '.repeat(indent)}${last}`);
  }

  #newLine(indent: number): void {
    if (this.#column > 0) this.#write('\n');
    if (indent > 0) this.#write(' '.repeat(indent));
  }

  #space(): void {
    if (this.#column > 0) this.#write(' ');
  }

  #write(text: string): void {
    this.#parts.push(text);
    const end = text.lastIndexOf('\n');
    this.#column = (end < 0 ? this.#column : 0) + [...text.slice(end + 1)].length;
  }
}

/** Whole numbers as such; others as Go's shortest `%g`. */
function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return BigInt(value).toString();
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
