import { goQuote } from '../select/index.ts';
import { limits } from './budget.ts';
import { lexTemplate, type Token } from './lexer.ts';
import { unquote } from './literals.ts';
import type { BranchNode, CallNode, Statement, Template } from './nodes.ts';
import { parsePipeline, type Scope } from './parse-pipeline.ts';
import { TokenStream } from './token-stream.ts';

type Ending = 'end' | 'else' | 'else if' | 'else with';

/** Reads a template and all that it defines. @throws TemplateError with Go's message. */
export function parseStatements(text: string, name: string, isFunction: (name: string) => boolean): Template {
  const definitions = new Map<string, readonly Statement[]>();
  const tokens = new TokenStream(lexTemplate(text), name);
  new Parser(tokens, isFunction, definitions).parseMain(name);
  return { name, text, definitions };
}

/** One template's tree: its variables and its loops are its own, the tokens are shared. */
class Parser {
  readonly #tokens: TokenStream;
  readonly #definitions: Map<string, readonly Statement[]>;
  readonly #scope: Scope;
  #loops = 0;
  #depth: number;

  constructor(
    tokens: TokenStream,
    isFunction: (name: string) => boolean,
    definitions: Map<string, readonly Statement[]>,
    depth = 0,
  ) {
    this.#tokens = tokens;
    this.#definitions = definitions;
    this.#scope = { tokens, isFunction, variables: ['$'], depth: 0 };
    this.#depth = depth;
  }

  parseMain(name: string): void {
    const tokens = this.#tokens;
    const nodes: Statement[] = [];
    while (tokens.peek().type !== 'eof') {
      if (this.#atDefinition()) {
        this.#inner().parseDefinition();
        continue;
      }
      const node = this.#statement();
      nodes.push(typeof node === 'string' ? tokens.fail(`unexpected {{${node.split(' ')[0]}}}`) : node);
    }
    this.#define(name, nodes);
  }

  #atDefinition(): boolean {
    const mark = this.#tokens.mark();
    if (this.#tokens.next().type === 'left delimiter' && this.#tokens.nextWord().type === 'define') return true;
    this.#tokens.reset(mark);
    return false;
  }

  parseDefinition(): void {
    const name = this.#name(this.#tokens.expect(['string', 'raw string'], 'define clause'), 'define clause');
    this.#tokens.expect(['right delimiter'], 'define clause');
    this.parseBody(name, 'define clause');
  }

  parseBody(name: string, context: string): void {
    const { list, ending } = this.#list();
    if (ending !== 'end') this.#tokens.fail(`unexpected {{else}} in ${context}`);
    this.#define(name, list);
  }

  #inner(): Parser {
    return new Parser(this.#tokens, this.#scope.isFunction, this.#definitions, this.#depth);
  }

  /** A definition of nothing but space may be replaced; a second one with content is a mistake. */
  #define(name: string, nodes: readonly Statement[]): void {
    const before = this.#definitions.get(name);
    if (before === undefined || before.every(isBlank)) this.#definitions.set(name, nodes);
    else if (!nodes.every(isBlank)) this.#tokens.fail(`template: multiple definition of template ${goQuote(name)}`);
  }

  #list(): { list: Statement[]; ending: Ending } {
    const list: Statement[] = [];
    if (this.#depth >= limits.nesting) this.#tokens.fail('blocks are nested too deeply');
    this.#depth += 1;
    while (this.#tokens.peekWord().type !== 'eof') {
      const node = this.#statement();
      if (typeof node !== 'string') {
        list.push(node);
        continue;
      }
      this.#depth -= 1;
      return { list, ending: node };
    }
    return this.#tokens.fail('unexpected EOF');
  }

  #statement(): Statement | Ending {
    const token = this.#tokens.nextWord();
    if (token.type === 'text') return { kind: 'text', start: token.start, text: token.text };
    if (token.type !== 'left delimiter') this.#tokens.unexpected(token, 'input');
    this.#tokens.actionLine = token.line;
    const node = this.#action();
    this.#tokens.actionLine = null;
    return node;
  }

  #action(): Statement | Ending {
    const token = this.#tokens.nextWord();
    switch (token.type) {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(token.type);
      case 'block':
        return this.#block();
      case 'template':
        return this.#call();
      case 'break':
      case 'continue':
        return this.#jump(token.type, token.start);
      case 'else':
        return this.#else();
      case 'end':
        this.#tokens.expect(['right delimiter'], 'end');
        return 'end';
      default: {
        this.#tokens.back();
        const { start } = token;
        return { kind: 'action', start, pipe: parsePipeline(this.#scope, 'command', 'right delimiter') };
      }
    }
  }

  #jump(kind: 'break' | 'continue', start: number): Statement {
    const token = this.#tokens.nextWord();
    if (token.type !== 'right delimiter') this.#tokens.unexpected(token, `{{${kind}}}`);
    if (this.#loops === 0) this.#tokens.fail(`{{${kind}}} outside {{range}}`);
    return { kind, start };
  }

  #else(): Ending {
    const next = this.#tokens.peekWord().type;
    if (next === 'if' || next === 'with') return `else ${next}`;
    this.#tokens.expect(['right delimiter'], 'else');
    return 'else';
  }

  #branch(kind: BranchNode['kind']): BranchNode {
    const known = this.#scope.variables.length;
    const pipe = parsePipeline(this.#scope, kind, 'right delimiter');
    if (kind === 'range') this.#loops += 1;
    const { list, ending } = this.#list();
    if (kind === 'range') this.#loops -= 1;
    const elseList = ending === 'end' ? null : this.#elseList(kind, ending);
    this.#scope.variables.length = known;
    return { kind, start: pipe.start, pipe, list, elseList };
  }

  /** `else if` and `else with` are a branch of their own that shares the `end`. */
  #elseList(kind: BranchNode['kind'], ending: Ending): readonly Statement[] {
    if (ending === `else ${kind}`) {
      this.#tokens.nextWord();
      if (this.#depth >= limits.nesting) this.#tokens.fail('blocks are nested too deeply');
      this.#depth += 1;
      const branch = this.#branch(kind);
      this.#depth -= 1;
      return [branch];
    }
    const otherwise = this.#list();
    if (otherwise.ending !== 'end') this.#tokens.fail('expected end; found {{else}}');
    return otherwise.list;
  }

  #block(): CallNode {
    const token = this.#tokens.nextWord();
    const name = this.#name(token, 'block clause');
    const pipe = parsePipeline(this.#scope, 'block clause', 'right delimiter');
    this.#inner().parseBody(name, 'block clause');
    return { kind: 'template', start: token.start, name, pipe };
  }

  #call(): CallNode {
    const token = this.#tokens.nextWord();
    const name = this.#name(token, 'template clause');
    const isBare = this.#tokens.peekWord().type === 'right delimiter';
    if (isBare) this.#tokens.nextWord();
    const pipe = isBare ? null : parsePipeline(this.#scope, 'template clause', 'right delimiter');
    return { kind: 'template', start: token.start, name, pipe };
  }

  #name(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'raw string') this.#tokens.unexpected(token, context);
    return unquote(token.text) ?? this.#tokens.fail('invalid syntax');
  }
}

function isBlank(node: Statement): boolean {
  return node.kind === 'text' && node.text.trim() === '';
}
