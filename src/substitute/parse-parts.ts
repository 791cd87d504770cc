import { SubstituteError } from './error.ts';
import { characterAt, type Expression, type Part } from './expression.ts';

const maxDepth = 100;

/** The texts and expressions of a text (bytes, one a character), in the grammar of Flux's envsubst. Throws `SubstituteError`. */
export function parseParts(bytes: string): readonly Part[] {
  return new Parser(bytes).text();
}

class Parser {
  readonly #bytes: string;
  #at = 0;
  #depth = 0;

  constructor(bytes: string) {
    this.#bytes = bytes;
  }

  text(): Part[] {
    const parts: Part[] = [];
    let start = 0;
    for (let next = this.#dollar(); next >= 0; next = this.#dollar()) {
      const after = this.#bytes[next + 1];
      if (after === '{') {
        parts.push(this.#bytes.slice(start, next));
        this.#at = next + 2;
        parts.push(this.#expression());
        start = this.#at;
      } else if (after === '$') {
        // $$ is one $, whatever follows.
        parts.push(this.#bytes.slice(start, next + 1));
        start = this.#at = next + 2;
      } else this.#at = next + 1;
    }
    parts.push(this.#bytes.slice(start));
    return parts.filter((part) => part !== '');
  }

  #dollar(): number {
    return this.#bytes.indexOf('$', this.#at);
  }

  #expression(): Expression {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new SubstituteError('SUBSTITUTION_LIMIT', `nested deeper than ${maxDepth} levels`);
    const expression = this.#peek() === '#' ? this.#length() : this.#variable();
    this.#depth -= 1;
    return expression;
  }

  #length(): Expression {
    this.#at += 1;
    const name = this.#name();
    if (name === '') throw bad('bad substitution');
    return this.#closed({ name, operator: 'length', args: [] });
  }

  #variable(): Expression {
    const name = this.#name();
    if (name === '') throw bad('unable to parse variable name');
    switch (this.#peek()) {
      case ':':
        return '=-?+'.includes(this.#peek(1) || ' ') ? this.#default(name, 2) : this.#substring(name);
      case '=':
        return this.#default(name, 1);
      case ',':
      case '^':
        return this.#closed({ name, operator: this.#run(',^', 2), args: [] });
      case '#':
        return this.#removal(name, this.#run('#', 2));
      case '%':
        return this.#removal(name, this.#run('%', 2));
      case '/':
        return this.#replacement(name);
      case '}':
        return this.#closed({ name, operator: '', args: [] });
      default:
        throw bad('missing closing brace');
    }
  }

  #default(name: string, operatorLength: number): Expression {
    const operator = this.#take(operatorLength);
    const args: Part[] = [];
    while (this.#peek() !== '}') args.push(this.#argument('}'));
    return this.#closed({ name, operator, args });
  }

  #substring(name: string): Expression {
    // Flux's scanner loses its place there.
    if (this.#peek(1) === '' || this.#peek(1) >= '\x80') throw bad('bad substitution');
    const operator = this.#take(1);
    const args = [this.#argument(':}')];
    if (this.#peek() !== '}') {
      this.#delimiter(':');
      args.push(this.#argument('}'));
    }
    return this.#closed({ name, operator, args });
  }

  #removal(name: string, operator: string): Expression {
    return this.#closed({ name, operator, args: [this.#argument('}')] });
  }

  #replacement(name: string): Expression {
    const operator = this.#take('/#%'.includes(this.#peek(1) || ' ') ? 2 : 1);
    const args = [this.#peek() === '/' ? '' : this.#argument('/', true)];
    this.#delimiter('/');
    if (this.#peek() !== '}') args.push(this.#argument('}', true));
    return this.#closed({ name, operator, args });
  }

  /** One text up to a character of `stop` or to an expression, or one expression. */
  #argument(stop: string, hasEscapes = false): Part {
    if (this.#startsExpression()) {
      this.#at += 2;
      return this.#expression();
    }
    let text = '';
    for (let next = this.#peek(); next !== '' && !this.#startsExpression(); next = this.#peek()) {
      if (hasEscapes && this.#isEscaped(next)) this.#at += 1;
      else if (stop.includes(next)) break;
      text += this.#take(1);
    }
    if (text === '') throw bad('unable to parse substitution within function');
    return text;
  }

  #startsExpression(): boolean {
    return this.#bytes.startsWith('${', this.#at);
  }

  #isEscaped(character: string): boolean {
    const after = this.#peek(1);
    return (character === '$' && after === '$') || (character === '\\' && (after === '/' || after === '\\'));
  }

  /** Any number of them counts as one. */
  #delimiter(character: string): void {
    if (this.#run(character, Number.POSITIVE_INFINITY) === '') throw bad('bad substitution');
  }

  #closed(expression: Expression): Expression {
    if (this.#take(1) !== '}') throw bad('bad substitution');
    return expression;
  }

  #name(): string {
    const start = this.#at;
    while (this.#at < this.#bytes.length) {
      const { character, length } = characterAt(this.#bytes, this.#at);
      if (!/[\p{L}\p{Nd}_]/u.test(character)) break;
      this.#at += length;
    }
    return this.#bytes.slice(start, this.#at);
  }

  #run(characters: string, atMost: number): string {
    let length = 0;
    while (length < atMost && this.#peek(length) !== '' && characters.includes(this.#peek(length))) length += 1;
    return this.#take(length);
  }

  #take(length: number): string {
    const taken = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  #peek(ahead = 0): string {
    return this.#bytes.charAt(this.#at + ahead);
  }
}

function bad(message: string): SubstituteError {
  return new SubstituteError('BAD_SUBSTITUTION', message);
}
