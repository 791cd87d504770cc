/** A second or two of the lexer's time. */
const maxWork = 5e9;

/**
 * Passes lexemes on until reading them costs too much: the lexer looks for the end of the line at each one, so that a line of a
 * million brackets would take minutes. Long lines of few lexemes (encoded data) pass.
 * @throws RangeError
 */
export function* boundWork(text: string, lexemes: Iterable<string>): Generator<string> {
  let offset = 0;
  let lineEnd = 0;
  let work = 0;
  for (const lexeme of lexemes) {
    yield lexeme;
    offset += lexeme.length;
    if (offset >= lineEnd) lineEnd = endOfLine(text, offset);
    work += lineEnd - offset;
    if (work > maxWork) throw new RangeError('a line has too many brackets and commas; break it');
  }
}

function endOfLine(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  return found < 0 ? text.length : found + 1;
}
