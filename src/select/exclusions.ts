import type { RE2JS } from 're2js';
import { compilePattern } from './compile-pattern.ts';

/** An ImageRepository's `exclusionList`, compiled. */
export interface Exclusions {
  readonly patterns: readonly { readonly source: string; readonly pattern: RE2JS }[];
}

export type CompiledExclusions =
  | { readonly kind: 'compiled'; readonly exclusions: Exclusions }
  | { readonly kind: 'invalid'; readonly reason: string };

/** What a list that is not given means: signatures that cosign stores beside images. */
export const defaultExclusionList: readonly string[] = [String.raw`^.*\.sig$`];

/** Compiles all patterns, or names the first that is none. Absent means the default list; an empty list excludes nothing. */
export function compileExclusions(list: readonly string[] = defaultExclusionList): CompiledExclusions {
  const patterns: { source: string; pattern: RE2JS }[] = [];
  for (const source of list) {
    const compiled = compilePattern(source);
    if (compiled.kind === 'invalid') return { kind: 'invalid', reason: `failed to compile regex ${source}: ${compiled.reason}` };
    patterns.push({ source, pattern: compiled.pattern });
  }
  return { kind: 'compiled', exclusions: { patterns } };
}

/** The first pattern found anywhere in the tag, or null. */
export function findExclusion({ patterns }: Exclusions, tag: string): string | null {
  return patterns.find(({ pattern }) => pattern.test(tag))?.source ?? null;
}

/** The tags that stay, in their order, and how many went. */
export function excludeTags(exclusions: Exclusions, tags: Iterable<string>): { kept: string[]; excluded: number } {
  const kept: string[] = [];
  let excluded = 0;
  for (const tag of tags) {
    if (findExclusion(exclusions, tag) === null) kept.push(tag);
    else excluded += 1;
  }
  return { kept, excluded };
}
