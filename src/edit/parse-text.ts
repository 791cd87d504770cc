import { Composer, type CST, type Document, LineCounter, Parser } from 'yaml';
import { errorMessage } from '../core/index.ts';

/** Beyond this many UTF-16 units a file is not parsed: a syntax tree takes many times its text. */
export const maxTextLength = 8 * 1024 * 1024;

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
    return composeText(text);
  } catch (thrown) {
    // The composer recurses: collections nested by the thousand run out of stack.
    const message = thrown instanceof RangeError ? 'collections are nested too deeply' : errorMessage(thrown);
    return { kind: 'unparsable', message };
  }
}

function composeText(text: string): ParsedText | UnparsableText {
  const counter = new LineCounter();
  const tokens = [...new Parser(counter.addNewLine).parse(text)];
  // failsafe: values stay text; duplicate keys are legal in what people commit, and only the first one counts.
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, prettyErrors: false });
  const documents = [...composer.compose(tokens, false, text.length)] as Document.Parsed[];
  const positionOf = (offset: number) => position(counter, text, offset);
  const error = documents.flatMap((document) => document.errors).sort((a, b) => a.pos[0] - b.pos[0])[0];
  if (error) return { kind: 'unparsable', position: positionOf(error.pos[0]), message: error.message };
  return { kind: 'parsed', documents, comments: collectComments(tokens), positionOf };
}

function position(counter: LineCounter, text: string, offset: number): TextPosition {
  const { line, col } = counter.linePos(offset);
  const byteOrderMark = line === 1 && text.startsWith('\uFEFF') ? 1 : 0;
  return { line, column: col - byteOrderMark };
}

/** With a stack of its own, as nesting is the file's choice. */
function collectComments(tokens: readonly CST.Token[]): Map<number, string> {
  const comments = new Map<number, string>();
  const waiting: unknown[] = [...tokens];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) waiting.push(...next);
    else if (typeof next === 'object' && next !== null) noteToken(next as Record<string, unknown>, comments, waiting);
  }
  return comments;
}

function noteToken(token: Record<string, unknown>, comments: Map<number, string>, waiting: unknown[]): void {
  const { type, offset, source } = token;
  if (type === 'comment' && typeof offset === 'number' && typeof source === 'string') {
    comments.set(offset, source.trimEnd());
  }
  for (const part of ['start', 'key', 'sep', 'value', 'items', 'end', 'props']) {
    const inner = token[part];
    if (typeof inner === 'object' && inner !== null) waiting.push(inner);
  }
}
