import { RE2JS } from 're2js';
import type { VersionStyle } from './version-style.ts';

/** The bar is part of the accepted text, as in Masterminds; a lone one is refused when the number is read. */
const number = '[0-9xX*|]+';
const identifiers = String.raw`[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*`;
const parts = String.raw`${number}(?:\.${number})?(?:\.${number})?`;
const further = String.raw`(?:\.${number}){0,5}`;
const suffix = String.raw`(?:-${identifiers})?(?:\+${identifiers})?`;
const operator = String.raw`(?:=|!=|>|<|>=|=>|<=|=<|~|~>|\^|)`;

// A range is somebody else's text: these patterns run in linear time, where a backtracking engine would need exponential.
function compileSyntax(more: string): RangeSyntax {
  const version = `v?${parts}${more}${suffix}`;
  const one = String.raw`${operator}\s*${version}`;
  return {
    hyphenRange: RE2JS.compile(String.raw`\s*(${version})\s+-\s+(${version})\s*`),
    andGroup: RE2JS.compile(String.raw`^\s*${one}\s*(?:(?:\s+|,\s*)${one}\s*)*$`),
    eachConstraint: RE2JS.compile(one),
    constraintParts: RE2JS.compile(
      String.raw`^\s*(${operator})\s*(v?(${number})(?:\.(${number}))?(?:\.(${number}))?(${more})(-${identifiers})?(?:\+${identifiers})?)\s*$`,
    ),
  };
}

/** The patterns of ranges, for versions of three parts at most or for longer ones. */
export interface RangeSyntax {
  readonly hyphenRange: RE2JS;
  readonly andGroup: RE2JS;
  readonly eachConstraint: RE2JS;
  readonly constraintParts: RE2JS;
}

const threeParts = compileSyntax('');
let anyParts: RangeSyntax | undefined;

export function syntaxOf(style: VersionStyle): RangeSyntax {
  if (!style.anyParts) return threeParts;
  anyParts ??= compileSyntax(further);
  return anyParts;
}

/** `1.0 - 2.0` → `>= 1.0, <= 2.0 `, wherever it stands. */
export function rewriteHyphens({ hyphenRange }: RangeSyntax, range: string): string {
  let result = range;
  const matcher = hyphenRange.matcher(range);
  while (matcher.find()) {
    const [from, to] = [matcher.group(1), matcher.group(2)];
    result = result.replace(matcher.group(0) ?? '', () => `>= ${from}, <= ${to} `);
  }
  return result;
}

export function isAndGroup({ andGroup }: RangeSyntax, text: string): boolean {
  return andGroup.test(text);
}

/** The constraints of one AND group, in order. */
export function splitAndGroup({ eachConstraint }: RangeSyntax, text: string): string[] {
  const found: string[] = [];
  const matcher = eachConstraint.matcher(text);
  while (matcher.find()) found.push(matcher.group(0) ?? '');
  return found;
}

export interface ConstraintParts {
  readonly operator: string;
  /** As written, with `v`, wildcards, pre-release and metadata. */
  readonly version: string;
  readonly major: string;
  readonly minor: string | null;
  readonly patch: string | null;
  /** The parts behind the third, each with its dot. */
  readonly further: string;
  /** With its dash; '' for none. */
  readonly pre: string;
}

export function splitConstraint({ constraintParts }: RangeSyntax, text: string): ConstraintParts | null {
  const matcher = constraintParts.matcher(text);
  if (!matcher.find()) return null;
  const [operator, version, major, minor, patch, further, pre] = [1, 2, 3, 4, 5, 6, 7].map((group) => matcher.group(group));
  return {
    operator: operator ?? '',
    version: version ?? '',
    major: major ?? '',
    minor: minor ?? null,
    patch: patch ?? null,
    further: further ?? '',
    pre: pre ?? '',
  };
}
