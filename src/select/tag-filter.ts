import { compilePattern } from './compile-pattern.ts';
import { expandTemplate, parseTemplate, type TemplatePiece } from './expand-template.ts';

/** `spec.filterTags`, compiled. */
export interface TagFilter {
  readonly pattern: string;
  readonly extract: string;
  /** What the policy orders a tag by; null when the pattern is not found in it. */
  extractFrom(tag: string): string | null;
  /** Groups that `extract` speaks of and the pattern does not have. */
  readonly unknownGroups: readonly string[];
}

export type CompiledFilter =
  | { readonly kind: 'filter'; readonly filter: TagFilter }
  | { readonly kind: 'invalid'; readonly reason: string };

export function compileFilter(source: string, extract: string): CompiledFilter {
  const compiled = compilePattern(source);
  if (compiled.kind === 'invalid') {
    return { kind: 'invalid', reason: `invalid regular expression pattern '${source}': ${compiled.reason}` };
  }
  const { pattern } = compiled;
  const template = parseTemplate(extract);
  const names = pattern.namedGroups();
  const extractFrom = (tag: string): string | null => {
    if (extract === '') return pattern.test(tag) ? tag : null;
    const matcher = pattern.matcher(tag);
    return matcher.find() ? expandTemplate(template, matcher, names) : null;
  };
  const unknownGroups = template.flatMap((piece) => unknownGroup(piece, names, pattern.groupCount()));
  return { kind: 'filter', filter: { pattern: source, extract, extractFrom, unknownGroups } };
}

function unknownGroup(piece: TemplatePiece, names: Record<string, number>, count: number): string[] {
  if (piece.kind === 'named' && !Object.hasOwn(names, piece.name)) return [piece.name];
  return piece.kind === 'group' && piece.group > count ? [String(piece.group)] : [];
}
