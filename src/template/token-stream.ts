import { TemplateError } from './error.ts';
import { describeToken, type Token, type TokenType } from './lexer.ts';

/** A cursor over the tokens of one template; it raises the parse errors, placed at the last line that was looked at. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  readonly #name: string;
  #at = 0;
  #furthest = 0;
  /** The line of the action being read, or null between actions. */
  actionLine: number | null = null;

  constructor(tokens: readonly Token[], name: string) {
    this.#tokens = tokens;
    this.#name = name;
  }

  next(): Token {
    const token = this.#tokens[this.#at] ?? this.#tokens.at(-1);
    if (token === undefined) throw new TypeError('a stream of tokens ends with one');
    this.#furthest = Math.max(this.#furthest, this.#at);
    this.#at += 1;
    return token;
  }

  back(): void {
    this.#at -= 1;
  }

  peek(): Token {
    const token = this.next();
    this.back();
    return token;
  }

  nextWord(): Token {
    let token = this.next();
    while (token.type === 'space') token = this.next();
    return token;
  }

  peekWord(): Token {
    const at = this.#at;
    const token = this.nextWord();
    this.#at = at;
    return token;
  }

  /** Where the cursor is, to come back to. */
  mark(): number {
    return this.#at;
  }

  reset(mark: number): void {
    this.#at = mark;
  }

  expect(types: readonly TokenType[], context: string): Token {
    const token = this.nextWord();
    if (!types.includes(token.type)) this.unexpected(token, context);
    return token;
  }

  unexpected(token: Token, context: string): never {
    if (token.type !== 'error') this.fail(`unexpected ${describeToken(token)} in ${context}`);
    const started = this.actionLine;
    if (started === null || started === token.line) this.fail(token.text);
    const joint = token.text.endsWith(' action') ? '' : ' in action';
    this.fail(`${token.text}${joint} started at ${this.#name}:${started}`);
  }

  fail(problem: string): never {
    const line = (this.#tokens[this.#furthest] ?? this.#tokens.at(-1))?.line ?? 1;
    throw new TemplateError('PARSE_FAILED', `template: ${this.#name}:${line}: ${problem}`, { retry: 'never' });
  }
}
