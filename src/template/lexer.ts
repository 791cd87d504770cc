import { goQuote } from '../select/index.ts';

export type TokenType =
  | 'error'
  | 'bool'
  | 'char'
  | 'character'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'left delimiter'
  | '('
  | 'number'
  | 'pipe'
  | 'raw string'
  | 'right delimiter'
  | ')'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | Keyword;

const keywords = ['.', 'block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'nil', 'template', 'with'] as const;
type Keyword = (typeof keywords)[number];
const keywordTypes: ReadonlyMap<string, Keyword> = new Map(keywords.map((word) => [word, word]));

export interface Token {
  readonly type: TokenType;
  /** Offset in UTF-16 units. */
  readonly start: number;
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

/** How Go's messages name a token. */
export function describeToken({ type, text }: Token): string {
  if (type === 'eof') return 'EOF';
  if (type === 'error') return text;
  if (keywordTypes.has(type)) return `<${text}>`;
  const characters = [...text.slice(0, 22)];
  return text.length > 10 && characters.length > 10 ? `${goQuote(characters.slice(0, 10).join(''))}...` : goQuote(text);
}

/** The tokens of a template; a mistake is the last of them, of type `error`. Linear in the text. */
export function lexTemplate(text: string): Token[] {
  return new Lexer(text).run();
}

const word = '[\\p{L}\\p{Nd}_]';
const patterns = {
  space: /[ \t\r\n]+/y,
  identifier: new RegExp(`${word}+`, 'uy'),
  field: new RegExp(`[.$]${word}*`, 'uy'),
  terminator: /[ \t\r\n.,|:)(]|\}\}|$/y,
  quoted: /"(?:[^"\\\n]|\\[^\n])*"/y,
  raw: /`[^`]*`/y,
  character: /'(?:[^'\\\n]|\\[^\n])*'/y,
  number:
    /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y,
  afterNumber: new RegExp(word, 'uy'),
  signed: /[+-]/y,
};

class Lexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #parens = 0;
  #failed = false;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Token[] {
    let inside = false;
    while (!this.#failed && (inside || this.#at < this.#text.length)) {
      inside = inside ? this.#action() : this.#textAndDelimiter();
    }
    if (!this.#failed) this.#tokens.push({ type: 'eof', start: this.#at, text: 'EOF', line: this.#line });
    return this.#tokens;
  }

  /** Text up to an action. Returns whether an action begins. */
  #textAndDelimiter(): boolean {
    const found = this.#text.indexOf('{{', this.#at);
    const end = found < 0 ? this.#text.length : found;
    const trims = found >= 0 && /^-[ \t\r\n]/.test(this.#text.slice(end + 2, end + 4));
    const kept = trims ? trimEnd(this.#text, this.#at, end) : end;
    if (kept > this.#at) this.#emit('text', kept);
    this.#skip(end);
    if (found < 0) return false;
    const inner = end + (trims ? 4 : 2);
    if (this.#text.startsWith('/*', inner)) {
      this.#skip(inner);
      this.#comment();
      return false;
    }
    this.#emit('left delimiter', end + 2);
    this.#skip(inner);
    this.#parens = 0;
    return true;
  }

  #comment(): void {
    const end = this.#text.indexOf('*/', this.#at + 2);
    if (end < 0) return this.#fail('unclosed comment');
    const trims = /^[ \t\r\n]-\}\}/.test(this.#text.slice(end + 2, end + 6));
    if (!trims && !this.#text.startsWith('}}', end + 2)) return this.#fail('comment ends before closing delimiter');
    this.#skip(end + 4 + (trims ? 2 : 0));
    if (trims) this.#skip(this.#at + (this.#match(patterns.space)?.length ?? 0));
  }

  /** One token of an action. Returns whether the action goes on. */
  #action(): boolean {
    const trims = /^[ \t\r\n]-\}\}/.test(this.#text.slice(this.#at, this.#at + 4));
    if (trims || this.#text.startsWith('}}', this.#at)) return this.#endAction(trims);
    const next = this.#text[this.#at];
    if (next === undefined) this.#fail('unclosed action');
    else if (/[ \t\r\n]/.test(next)) this.#space();
    else this.#operand(next);
    return true;
  }

  #endAction(trims: boolean): boolean {
    if (this.#parens > 0) {
      this.#fail('unclosed left paren');
      return true;
    }
    if (trims) this.#skip(this.#at + 2);
    this.#emit('right delimiter', this.#at + 2);
    if (trims) this.#skip(this.#at + (this.#match(patterns.space)?.length ?? 0));
    return false;
  }

  /** The last space before `-}}` belongs to the delimiter. */
  #space(): void {
    const end = this.#at + (this.#match(patterns.space)?.length ?? 0);
    const trims = this.#text.startsWith('-}}', end);
    if (!trims || end - 1 > this.#at) this.#emit('space', trims ? end - 1 : end);
  }

  #operand(next: string): void {
    const end = this.#at + 1;
    if (next === '=') return this.#emit('assign', end);
    if (next === '|') return this.#emit('pipe', end);
    if (next === '(' || next === ')') return this.#paren(next);
    if (next === ':') return this.#text[end] === '=' ? this.#emit('declare', end + 1) : this.#fail('expected :=');
    if (next === '"') return this.#quoted(patterns.quoted, 'string', 'unterminated quoted string');
    if (next === '`') return this.#quoted(patterns.raw, 'raw string', 'unterminated raw quoted string');
    if (next === "'") return this.#quoted(patterns.character, 'character', 'unterminated character constant');
    const isNumber = /^(?:[+\-0-9]|\.[0-9])/.test(this.#text.slice(this.#at, end + 1));
    if (isNumber) return this.#number();
    if (next === '$' || next === '.') return this.#word(patterns.field, next === '$' ? 'variable' : 'field');
    this.#wordOrCharacter();
  }

  #paren(paren: '(' | ')'): void {
    this.#parens += paren === '(' ? 1 : -1;
    if (this.#parens < 0) this.#fail('unexpected right paren');
    else this.#emit(paren, this.#at + 1);
  }

  #quoted(pattern: RegExp, type: TokenType, problem: string): void {
    const found = this.#match(pattern);
    if (found === null) this.#fail(problem);
    else this.#emit(type, this.#at + found.length);
  }

  #word(pattern: RegExp, type: TokenType): void {
    const end = this.#at + (this.#match(pattern)?.length ?? 1);
    const text = this.#text.slice(this.#at, end);
    if (this.#match(patterns.terminator, end) === null) this.#fail(`bad character ${this.#describeCharacter(end)}`);
    else if (text === 'true' || text === 'false') this.#emit('bool', end);
    else this.#emit(keywordTypes.get(text) ?? type, end);
  }

  #wordOrCharacter(): void {
    if (this.#match(patterns.identifier) !== null) return this.#word(patterns.identifier, 'identifier');
    const code = this.#text.codePointAt(this.#at) ?? 0;
    if (code > 0x20 && code < 0x7f) this.#emit('char', this.#at + 1);
    else this.#fail(`unrecognized character in action: ${this.#describeCharacter(this.#at)}`);
  }

  #number(): void {
    let end = this.#numberEnd(this.#at);
    if (end === null) return;
    const isComplex = this.#match(patterns.signed, end) !== null;
    if (isComplex) {
      end = this.#numberEnd(end);
      if (end === null) return;
      if (this.#text[end - 1] !== 'i') return this.#fail(`bad number syntax: ${goQuote(this.#text.slice(this.#at, end))}`);
    }
    this.#emit(isComplex ? 'complex' : 'number', end);
  }

  #numberEnd(from: number): number | null {
    const end = from + (this.#match(patterns.number, from)?.length ?? 0);
    const stray = this.#match(patterns.afterNumber, end);
    if (stray === null) return end;
    this.#fail(`bad number syntax: ${goQuote(this.#text.slice(this.#at, end) + stray)}`);
    return null;
  }

  #describeCharacter(at: number): string {
    const code = this.#text.codePointAt(at) ?? 0;
    const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    const character = String.fromCodePoint(code);
    return /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character) ? `${hex} '${character}'` : hex;
  }

  #match(pattern: RegExp, at = this.#at): string | null {
    pattern.lastIndex = at;
    return pattern.exec(this.#text)?.[0] ?? null;
  }

  #emit(type: TokenType, end: number): void {
    this.#tokens.push({ type, start: this.#at, text: this.#text.slice(this.#at, end), line: this.#line });
    this.#skip(end);
  }

  #skip(end: number): void {
    for (let at = this.#text.indexOf('\n', this.#at); at >= 0 && at < end; at = this.#text.indexOf('\n', at + 1)) this.#line += 1;
    this.#at = end;
  }

  #fail(text: string): void {
    this.#failed = true;
    this.#tokens.push({ type: 'error', start: this.#at, text, line: this.#line });
  }
}

function trimEnd(text: string, start: number, end: number): number {
  let kept = end;
  while (kept > start && /[ \t\r\n]/.test(text[kept - 1] ?? '')) kept -= 1;
  return kept;
}
