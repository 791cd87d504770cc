import { Composer, type CST, type Document, Lexer, LineCounter, Parser } from 'yaml';
import { errorMessage } from '../core/index.ts';
import { boundWork } from './bound-work.ts';
import { lexLoosely } from './loose-lexer.ts';
import { findUnknownAlias } from './unknown-alias.ts';

/** Beyond this many UTF-16 units a file is not parsed: a syntax tree takes many times its text. */
export const maxTextLength = 8 * 1024 * 1024;

/** Collections in collections; walking deeper ones would cost stack and time that no manifest needs. */
const maxDepth = 200;

/** Offsets and positions are of the decoded text; every scalar is read as text (no numbers, no booleans). */
export interface ParsedText {
  readonly kind: 'parsed';
  readonly documents: readonly Document.Parsed[];
  /** Every comment by the offset of its `#`, without its line break. */
  readonly comments: ReadonlyMap<number, string>;
  readonly positionOf: (offset: number) => TextPosition;
}

/** 1-based. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export interface UnparsableText {
  readonly kind: 'unparsable';
  readonly position?: TextPosition;
  readonly message: string;
}

/** Never throws: whatever is wrong with the text comes back as `unparsable`. */
export function parseText(text: string): ParsedText | UnparsableText {
  if (text.length > maxTextLength) {
    return { kind: 'unparsable', message: `longer than ${maxTextLength} characters; split the file` };
  }
  try {
    const strict = composeText(text, boundWork(text, new Lexer().lex(text)));
    if (strict.kind === 'parsed' || !/[[{]/.test(text)) return strict;
    const loose = composeText(text, boundWork(text, lexLoosely(text)));
    return loose.kind === 'parsed' ? loose : strict;
  } catch (thrown) {
    return { kind: 'unparsable', message: errorMessage(thrown) };
  }
}

function composeText(text: string, lexemes: Iterable<string>): ParsedText | UnparsableText {
  const counter = new LineCounter();
  const tokens = parseLexemes(lexemes, counter);
  const comments = collectComments(tokens);
  // failsafe: values stay text; duplicate keys are legal in what people commit, and only the first one counts.
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, prettyErrors: false });
  const documents = [...composer.compose(tokens, false, text.length)] as Document.Parsed[];
  const positionOf = (offset: number) => position(counter, text, offset);
  const error = documents.flatMap((document) => document.errors).sort((a, b) => a.pos[0] - b.pos[0])[0];
  if (error) return { kind: 'unparsable', position: positionOf(error.pos[0]), message: error.message };
  const alias = documents.map(findUnknownAlias).find((found) => found !== null);
  if (alias) return { kind: 'unparsable', position: positionOf(alias.offset), message: `unknown alias "${alias.name}"` };
  return { kind: 'parsed', documents, comments, positionOf };
}

function parseLexemes(lexemes: Iterable<string>, counter: LineCounter): CST.Token[] {
  const parser = new Parser(counter.addNewLine);
  counter.addNewLine(0);
  const tokens: CST.Token[] = [];
  for (const lexeme of lexemes) tokens.push(...parser.next(lexeme));
  tokens.push(...parser.end());
  return tokens;
}

function position(counter: LineCounter, text: string, offset: number): TextPosition {
  const { line, col } = counter.linePos(offset);
  const byteOrderMark = line === 1 && text.startsWith('\uFEFF') ? 1 : 0;
  return { line, column: col - byteOrderMark };
}

/** With a stack of its own, as nesting is the file's choice. */
function collectComments(tokens: readonly CST.Token[]): Map<number, string> {
  const comments = new Map<number, string>();
  const waiting: { item: unknown; depth: number }[] = [{ item: tokens, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { item, depth } = next;
    if (Array.isArray(item)) for (const inner of item) waiting.push({ item: inner, depth });
    else if (typeof item === 'object' && item !== null) {
      noteComment(item, comments);
      const below = 'items' in item ? depth + 1 : depth;
      if (below > maxDepth) throw new RangeError('collections are nested too deeply');
      for (const inner of partsOf(item)) waiting.push({ item: inner, depth: below });
    }
  }
  return comments;
}

function noteComment(token: object, comments: Map<number, string>): void {
  const { type, offset, source } = token as Partial<CST.SourceToken>;
  if (type === 'comment' && offset !== undefined && source !== undefined) comments.set(offset, source.trimEnd());
}

function partsOf(token: object): unknown[] {
  return Object.entries(token).flatMap(([part, inner]) => (tokenParts.has(part) && inner ? [inner] : []));
}

const tokenParts = new Set(['start', 'key', 'sep', 'value', 'items', 'end', 'props']);
