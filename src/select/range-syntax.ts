import { RE2JS } from 're2js';

/** The bar is part of the accepted text, as in Masterminds; a lone one is refused when the number is read. */
const number = '[0-9xX*|]+';
const identifiers = String.raw`[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*`;
const version = String.raw`v?${number}(?:\.${number})?(?:\.${number})?(?:-${identifiers})?(?:\+${identifiers})?`;
const operator = String.raw`(?:=|!=|>|<|>=|=>|<=|=<|~|~>|\^|)`;
const one = String.raw`${operator}\s*${version}`;

// A range is somebody else's text: these patterns run in linear time, where a backtracking engine would need exponential.
const hyphenRange = RE2JS.compile(String.raw`\s*(${version})\s+-\s+(${version})\s*`);
const andGroup = RE2JS.compile(String.raw`^\s*${one}\s*(?:(?:\s+|,\s*)${one}\s*)*$`);
const eachConstraint = RE2JS.compile(one);
const constraintParts = RE2JS.compile(
  String.raw`^\s*(${operator})\s*(v?(${number})(?:\.(${number}))?(?:\.(${number}))?(-${identifiers})?(?:\+${identifiers})?)\s*$`,
);

/** `1.0 - 2.0` → `>= 1.0, <= 2.0 `, wherever it stands. */
export function rewriteHyphens(range: string): string {
  let result = range;
  const matcher = hyphenRange.matcher(range);
  while (matcher.find()) {
    const [from, to] = [matcher.group(1), matcher.group(2)];
    result = result.replace(matcher.group(0) ?? '', () => `>= ${from}, <= ${to} `);
  }
  return result;
}

export function isAndGroup(text: string): boolean {
  return andGroup.test(text);
}

/** The constraints of one AND group, in order. */
export function splitAndGroup(text: string): string[] {
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
  /** With its dash; '' for none. */
  readonly pre: string;
}

export function splitConstraint(text: string): ConstraintParts | null {
  const matcher = constraintParts.matcher(text);
  if (!matcher.find()) return null;
  const [operator, version, major, minor, patch, pre] = [1, 2, 3, 4, 5, 6].map((group) => matcher.group(group));
  return {
    operator: operator ?? '',
    version: version ?? '',
    major: major ?? '',
    minor: minor ?? null,
    patch: patch ?? null,
    pre: pre ?? '',
  };
}
