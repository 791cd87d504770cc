import { SopsError } from './error.ts';
import { type Branch, branchOf, type Entry, entryOf, type TreeValue } from './tree.ts';

const maxDepth = 200;
const space = /[ \t\r\n]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const words: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** A JSON object in its order, with its integers exact: what `JSON.parse` keeps of neither. Throws DOCUMENT_INVALID with the offset. */
export function readJson(text: string): Branch[] {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  if (typeof value !== 'object' || value?.kind !== 'branch') throw new SopsError('DOCUMENT_INVALID', 'the JSON is no object');
  return [value];
}

class Reader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): TreeValue {
    if (depth > maxDepth) throw this.#invalid(`nested deeper than ${maxDepth} levels`);
    this.#match(space);
    const next = this.#text[this.#offset];
    if (next === '{') return this.#object(depth);
    if (next === '[') return { kind: 'list', items: this.#sequence(']', () => this.value(depth + 1)) };
    if (next === '"') return this.#string();
    return this.#wordOrNumber();
  }

  end(): void {
    this.#match(space);
    if (this.#offset < this.#text.length) throw this.#invalid('something follows its end');
  }

  #object(depth: number): Branch {
    return branchOf(this.#sequence('}', () => this.#entry(depth)));
  }

  #entry(depth: number): Entry {
    const key = this.#string();
    this.#match(space);
    if (this.#text[this.#offset] !== ':') throw this.#invalid('a colon is missing');
    this.#offset += 1;
    return entryOf(key, this.value(depth + 1));
  }

  #sequence<T>(close: string, read: () => T): T[] {
    const items: T[] = [];
    this.#offset += 1;
    this.#match(space);
    if (this.#text[this.#offset] === close) {
      this.#offset += 1;
      return items;
    }
    for (;;) {
      this.#match(space);
      items.push(read());
      this.#match(space);
      const next = this.#text[this.#offset];
      if (next !== ',' && next !== close) throw this.#invalid(`a comma or ${close} is missing`);
      this.#offset += 1;
      if (next === close) return items;
    }
  }

  #string(): string {
    const source = this.#match(string);
    if (source === null) throw this.#invalid('a text is missing or not closed');
    // A lone surrogate is nothing that Go keeps.
    return (JSON.parse(source) as string).toWellFormed();
  }

  #wordOrNumber(): TreeValue {
    for (const [word, value] of words) {
      if (!this.#text.startsWith(word, this.#offset)) continue;
      this.#offset += word.length;
      return value;
    }
    const source = this.#match(number);
    if (source === null) throw this.#invalid('a value is missing');
    return numberOf(source) ?? this.#fail('a number is too large');
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#offset = pattern.lastIndex;
    return match?.[0] ?? null;
  }

  #fail(what: string): never {
    throw this.#invalid(what);
  }

  #invalid(what: string): SopsError {
    return new SopsError('DOCUMENT_INVALID', `not JSON: ${what} at character ${this.#offset + 1}`);
  }
}

/** An integer where 64 bits hold it. */
function numberOf(source: string): bigint | number | null {
  const integer = /^-?\d+$/.test(source) ? BigInt(source) : null;
  if (integer !== null && BigInt.asIntN(64, integer) === integer) return integer;
  const value = Number(source);
  return Number.isFinite(value) ? value : null;
}
