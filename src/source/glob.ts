/** One piece of a name's pattern: any run of characters, or one character that passes. */
type Piece = 'run' | ((char: string) => boolean);

/** Tells whether a name matches; null for a pattern that is none (an unclosed bracket). */
export type Glob = (name: string) => boolean;

/**
 * A name's pattern with `*`, `?`, `[a-z]`, `[!a]` and `\`. Matching takes at most (length of the name × length of the pattern) steps,
 * whatever they are: both come from strangers, and a regular expression of many stars would not end.
 */
export function compileGlob(pattern: string): Glob | null {
  // Most patterns are a name or an ending: a repository's every file is asked about them.
  if (!/[*?[\\]/.test(pattern)) return (name) => name === pattern;
  if (/^\*[^*?[\\]+$/.test(pattern)) return (name) => name.endsWith(pattern.slice(1));
  const pieces = parsePieces([...pattern]);
  return pieces === null ? null : (name) => matchPieces(pieces, [...name]);
}

function parsePieces(chars: readonly string[]): Piece[] | null {
  const pieces: Piece[] = [];
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? '';
    if (char === '*') pieces.push('run');
    else if (char === '?') pieces.push(() => true);
    else if (char === '[') {
      const bracket = parseBracket(chars, at);
      if (bracket === null) return null;
      pieces.push(bracket.passes);
      at = bracket.end;
    } else {
      if (char === '\\') at += 1;
      const literal = chars[at] ?? '\\';
      pieces.push((other) => other === literal);
    }
  }
  return pieces;
}

function parseBracket(chars: readonly string[], start: number): { passes: (char: string) => boolean; end: number } | null {
  const negated = chars[start + 1] === '!' || chars[start + 1] === '^';
  const first = start + (negated ? 2 : 1);
  const ranges: { from: string; to: string }[] = [];
  let at = first;
  const take = () => {
    if (chars[at] === '\\') at += 1;
    at += 1;
    return chars[at - 1] ?? '';
  };
  while (at < chars.length && (chars[at] !== ']' || at === first)) {
    const from = take();
    const isRange = chars[at] === '-' && chars[at + 1] !== undefined && chars[at + 1] !== ']';
    if (isRange) at += 1;
    ranges.push({ from, to: isRange ? take() : from });
  }
  if (chars[at] !== ']') return null;
  return { passes: (char) => ranges.some(({ from, to }) => from <= char && char <= to) !== negated, end: at };
}

// After a run that took too little, only the last one has to take more: an earlier one could not reach further.
function matchPieces(pieces: readonly Piece[], chars: readonly string[]): boolean {
  let [piece, at, lastRun, takenTo] = [0, 0, -1, 0];
  while (at < chars.length) {
    const current = pieces[piece];
    if (current === 'run') {
      lastRun = piece;
      takenTo = at;
      piece += 1;
    } else if (current?.(chars[at] ?? '')) {
      piece += 1;
      at += 1;
    } else if (lastRun >= 0) {
      takenTo += 1;
      at = takenTo;
      piece = lastRun + 1;
    } else return false;
  }
  return pieces.slice(piece).every((rest) => rest === 'run');
}
