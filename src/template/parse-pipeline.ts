import { goQuote } from '../select/index.ts';
import { limits } from './budget.ts';
import type { Token, TokenType } from './lexer.ts';
import { type NumberValue, parseCharacter, parseNumber, unquote } from './literals.ts';
import { type CommandNode, type Operand, type PipeNode, printNode, type VariableNode } from './nodes.ts';
import type { TokenStream } from './token-stream.ts';

/** What a pipeline is read in. */
export interface Scope {
  readonly tokens: TokenStream;
  readonly isFunction: (name: string) => boolean;
  /** Variables known here, innermost last. */
  readonly variables: string[];
  depth: number;
}

const operandStarts: ReadonlySet<TokenType> = new Set<TokenType>([
  'bool',
  'character',
  'complex',
  '.',
  'field',
  'identifier',
  'number',
  'nil',
  'raw string',
  'string',
  'variable',
  '(',
]);

/** Reads a pipeline with its declarations up to and with the token that ends it. */
export function parsePipeline(scope: Scope, context: string, end: 'right delimiter' | ')'): PipeNode {
  const { tokens } = scope;
  const start = tokens.peekWord().start;
  const { declared, assigns } = parseDeclarations(scope, context);
  const commands: CommandNode[] = [];
  for (;;) {
    const token = tokens.nextWord();
    if (token.type === end) break;
    if (!operandStarts.has(token.type)) tokens.unexpected(token, context);
    tokens.back();
    commands.push(parseCommand(scope));
  }
  checkCommands(scope, commands, context);
  return { kind: 'pipe', start, declared, assigns, commands };
}

function parseDeclarations(scope: Scope, context: string): { declared: VariableNode[]; assigns: boolean } {
  const { tokens, variables } = scope;
  const declared: VariableNode[] = [];
  for (;;) {
    const mark = tokens.mark();
    const variable = tokens.nextWord();
    const sign = variable.type === 'variable' ? tokens.nextWord() : variable;
    const isComma = sign.type === 'char' && sign.text === ',';
    if (variable.type !== 'variable' || (sign.type !== 'assign' && sign.type !== 'declare' && !isComma)) {
      tokens.reset(mark);
      return { declared, assigns: false };
    }
    declared.push({ kind: 'variable', start: variable.start, path: [variable.text] });
    variables.push(variable.text);
    if (!isComma) return { declared, assigns: sign.type === 'assign' };
    if (context !== 'range' || declared.length > 1) tokens.fail(`too many declarations in ${context}`);
    if (!['variable', 'right delimiter', ')'].includes(tokens.peekWord().type)) {
      tokens.fail('range can only initialize variables');
    }
  }
}

function checkCommands({ tokens }: Scope, commands: readonly CommandNode[], context: string): void {
  if (commands.length === 0) tokens.fail(`missing value for ${context}`);
  const stage = commands.findIndex(
    ({ args }, index) => index > 0 && ['bool', 'dot', 'nil', 'number', 'string'].includes(args[0]?.kind ?? ''),
  );
  if (stage > 0) tokens.fail(`non executable command in pipeline stage ${stage + 1}`);
}

function parseCommand(scope: Scope): CommandNode {
  const { tokens } = scope;
  const start = tokens.peekWord().start;
  const args: Operand[] = [];
  for (;;) {
    const operand = parseOperand(scope);
    if (operand !== null) args.push(operand);
    const token = tokens.next();
    if (token.type === 'space') continue;
    if (token.type === 'right delimiter' || token.type === ')') tokens.back();
    else if (token.type !== 'pipe') tokens.unexpected(token, 'operand');
    break;
  }
  if (args.length === 0) tokens.fail('empty command');
  return { kind: 'command', start, args };
}

function parseOperand(scope: Scope): Operand | null {
  const { tokens } = scope;
  const node = parseTerm(scope);
  if (node === null || tokens.peek().type !== 'field') return node;
  const { start } = tokens.peek();
  const path: string[] = [];
  while (tokens.peek().type === 'field') path.push(tokens.next().text.slice(1));
  switch (node.kind) {
    case 'field':
    case 'variable':
      return { kind: node.kind, start, path: [...node.path, ...path] };
    case 'bool':
    case 'string':
    case 'number':
    case 'nil':
    case 'dot':
      return tokens.fail(`unexpected . after term ${goQuote(printNode(node))}`);
    default:
      return { kind: 'chain', start, node, path };
  }
}

function parseTerm(scope: Scope): Operand | null {
  const { tokens, isFunction, variables } = scope;
  const token = tokens.nextWord();
  const { type, start, text } = token;
  switch (type) {
    case 'identifier':
      if (!isFunction(text)) tokens.fail(`function ${goQuote(text)} not defined`);
      return { kind: 'identifier', start, name: text };
    case '.':
      return { kind: 'dot', start };
    case 'nil':
      return { kind: 'nil', start };
    case 'variable':
      if (!variables.includes(text)) tokens.fail(`undefined variable ${goQuote(text)}`);
      return { kind: 'variable', start, path: [text] };
    case 'field':
      return { kind: 'field', start, path: [text.slice(1)] };
    case 'bool':
      return { kind: 'bool', start, value: text === 'true' };
    case '(':
      return parseParenthesized(scope);
    default:
      return parseLiteral(tokens, token);
  }
}

function parseParenthesized(scope: Scope): PipeNode {
  if (scope.depth >= limits.nesting) scope.tokens.fail('max expression depth exceeded');
  scope.depth += 1;
  const pipe = parsePipeline(scope, 'parenthesized pipeline', ')');
  scope.depth -= 1;
  return pipe;
}

function parseLiteral(tokens: TokenStream, { type, start, text }: Token): Operand | null {
  switch (type) {
    case 'string':
    case 'raw string':
      return { kind: 'string', start, quoted: text, value: unquote(text) ?? tokens.fail('invalid syntax') };
    case 'character':
      return { kind: 'number', start, text, ...checkNumber(tokens, parseCharacter(text)) };
    case 'number':
      return { kind: 'number', start, text, ...checkNumber(tokens, parseNumber(text)) };
    case 'complex':
      return tokens.fail(`complex numbers are not supported: ${goQuote(text)}`);
    default:
      tokens.back();
      return null;
  }
}

function checkNumber(tokens: TokenStream, number: NumberValue | string): NumberValue {
  return typeof number === 'string' ? tokens.fail(number) : number;
}
