import { compileGlob, type Glob } from './glob.ts';

/** One line of ignore rules; `matches` tells whether it speaks about a file, `include` what it says then. */
export interface IgnorePattern {
  /** The folder whose `.sourceignore` it stands in, '' for the root; it speaks only about what is below. */
  readonly scope: string;
  /** Begins with `!`: what it matches is kept. */
  readonly include: boolean;
  /** `path` is a file's, from the root. */
  matches(path: string): boolean;
}

/** The patterns of an ignore file in gitignore's syntax, in their order. `#` begins a comment only at the start of a line. */
export function parseIgnoreRules(text: string, scope = ''): IgnorePattern[] {
  return text.split(/\r?\n/).flatMap((line) => (line.startsWith('#') || line.trim() === '' ? [] : parseIgnoreLine(line, scope)));
}

function parseIgnoreLine(line: string, scope: string): IgnorePattern[] {
  const include = line.startsWith('!');
  const bare = (include ? line.slice(1) : line).replace(/^\\(?=[#!])/, '');
  const text = bare.endsWith('\\ ') ? bare : bare.trimEnd();
  const folderOnly = text.endsWith('/');
  const pattern = folderOnly ? text.slice(0, -1) : text;
  const segments = compileSegments(pattern);
  if (segments === null) return []; // not a pattern, such as one with an unclosed bracket: it matches nothing
  return [{ scope, include, matches: (path) => matchesBelow(segments, folderOnly, scope, path) }];
}

type Segment = 'folders' | Glob;

// A pattern without a slash (but at its end) matches a name at any depth; with one it is anchored in its folder.
function compileSegments(pattern: string): Segment[] | null {
  if (pattern === '') return null;
  const parts = pattern.includes('/') ? pattern.split('/').filter((part) => part !== '') : ['**', pattern];
  const segments: Segment[] = [];
  for (const part of parts) {
    const segment = part === '**' ? 'folders' : compileGlob(part);
    if (segment === null) return null;
    segments.push(segment);
  }
  return segments;
}

/** A pattern speaks about a file if it matches the file or a folder the file is in. */
function matchesBelow(segments: readonly Segment[], folderOnly: boolean, scope: string, path: string): boolean {
  if (scope !== '' && !path.startsWith(`${scope}/`)) return false;
  const parts = (scope === '' ? path : path.slice(scope.length + 1)).split('/');
  const last = folderOnly ? parts.length - 1 : parts.length;
  const [first, name] = segments;
  // A name at any depth, by far the most common pattern: no need to count every way.
  if (segments.length === 2 && first === 'folders' && typeof name === 'function')
    return parts.slice(0, last).some((part) => name(part));
  return matchedLengths(segments, parts).some((length) => length >= 1 && length <= last);
}

/** How many leading parts of the path the whole pattern can match: every way at once, so that no pattern is expensive. */
function matchedLengths(segments: readonly Segment[], parts: readonly string[]): readonly number[] {
  let lengths: readonly number[] = [0];
  for (const [index, segment] of segments.entries()) {
    if (lengths.length === 0) return lengths;
    if (segment !== 'folders')
      lengths = lengths.flatMap((length) => (length < parts.length && segment(parts[length] ?? '') ? [length + 1] : []));
    // `a/**` is what lies in a, not a itself; anywhere else `**` may stand for no folder at all.
    else lengths = countUp((lengths[0] ?? 0) + (index === segments.length - 1 ? 1 : 0), parts.length);
  }
  return lengths;
}

function countUp(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
