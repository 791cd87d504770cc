import { characterAt } from './expression.ts';

/** One step of a glob pattern over bytes. */
export type GlobToken =
  | { readonly kind: 'byte'; readonly byte: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'sequence' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [low: number, high: number])[] };

/** The steps of a pattern (`*`, `?`, `[a-z]`, `[^a]`, `\` before a character taken as it is); null for a malformed one, which matches nothing. */
export function parseGlob(pattern: string): readonly GlobToken[] | null {
  const tokens: GlobToken[] = [];
  for (let at = 0; at < pattern.length; ) {
    const character = pattern.charAt(at);
    if (character === '[') {
      const found = parseClass(pattern, at + 1);
      if (found === null) return null;
      tokens.push(found.token);
      at = found.end;
      continue;
    }
    if (character === '\\') {
      if (at + 1 >= pattern.length) return null;
      tokens.push({ kind: 'byte', byte: pattern.charAt(at + 1) });
      at += 2;
      continue;
    }
    if (character === '?') tokens.push({ kind: 'any' });
    else if (character !== '*') tokens.push({ kind: 'byte', byte: character });
    else if (tokens.at(-1)?.kind !== 'sequence') tokens.push({ kind: 'sequence' });
    at += 1;
  }
  return tokens;
}

function parseClass(pattern: string, start: number): { readonly token: GlobToken; readonly end: number } | null {
  const negated = pattern.charAt(start) === '^';
  const ranges: [number, number][] = [];
  let at = negated ? start + 1 : start;
  while (ranges.length === 0 || pattern.charAt(at) !== ']') {
    const low = memberAt(pattern, at);
    if (low === null) return null;
    at = low.end;
    if (pattern.charAt(at) !== '-') ranges.push([low.code, low.code]);
    else {
      const high = memberAt(pattern, at + 1);
      if (high === null) return null;
      ranges.push([low.code, high.code]);
      at = high.end;
    }
  }
  return { token: { kind: 'class', negated, ranges }, end: at + 1 };
}

/** A class has to be closed, so a member never ends the pattern. */
function memberAt(pattern: string, start: number): { readonly code: number; readonly end: number } | null {
  const first = pattern.charAt(start);
  if (first === '' || first === '-' || first === ']') return null;
  const at = first === '\\' ? start + 1 : start;
  if (at >= pattern.length) return null;
  const { character, length } = characterAt(pattern, at);
  const end = at + length;
  return end >= pattern.length ? null : { code: character.codePointAt(0) ?? 0, end };
}
