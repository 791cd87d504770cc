import { type Constraint, parseConstraint, satisfies } from './constraint.ts';
import { goQuote } from './go-quote.ts';
import { isAndGroup, rewriteHyphens, splitAndGroup, syntaxOf } from './range-syntax.ts';
import type { Version } from './version.ts';
import { semverStyle, type VersionStyle } from './version-style.ts';

/** A version is in the range if one group has it; a group has it if all its constraints do. */
export interface VersionRange {
  readonly text: string;
  readonly groups: readonly AndGroup[];
}

interface AndGroup {
  readonly constraints: readonly Constraint[];
  /** A group that names a pre-release takes pre-releases, the others do not. */
  readonly takesPre: boolean;
}

export type ParsedRange =
  | { readonly kind: 'range'; readonly range: VersionRange }
  /** `reason` in the words of Masterminds/semver. */
  | { readonly kind: 'invalid'; readonly reason: string };

const maxRangeBytes = 512;
const maxGroups = 32;

/** Reads a range with the meaning that Masterminds/semver v3.5 gives it (not npm's). */
export function parseRange(text: string, style: VersionStyle = semverStyle): ParsedRange {
  const syntax = syntaxOf(style);
  if (Buffer.byteLength(text) > maxRangeBytes) return invalid(`constraint string is too long (max ${maxRangeBytes} bytes)`);
  const alternatives = rewriteHyphens(syntax, text).split('||');
  if (alternatives.length > maxGroups) return invalid(`too many constraint groups (max ${maxGroups})`);
  const groups: AndGroup[] = [];
  for (const alternative of alternatives) {
    if (!isAndGroup(syntax, alternative)) return invalid(`improper constraint: ${goQuote(alternative)}`);
    const constraints = splitAndGroup(syntax, alternative).map((each) => parseConstraint(each, style));
    if (!constraints.every((constraint) => constraint !== null)) return invalid('constraint parser error');
    groups.push({ constraints, takesPre: constraints.some(({ version }) => version.pre.length > 0) });
  }
  return { kind: 'range', range: { text, groups } };
}

function invalid(reason: string): ParsedRange {
  return { kind: 'invalid', reason };
}

export type RangeAnswer = 'inside' | 'outside' | 'only-with-pre-releases';

/** `only-with-pre-releases`: it is outside just because no group that would have it names a pre-release. */
export function checkRange({ groups }: VersionRange, version: Version): RangeAnswer {
  let refusedPre = false;
  for (const { constraints, takesPre } of groups) {
    if (!constraints.every((constraint) => satisfies(version, constraint))) continue;
    if (takesPre || version.pre.length === 0) return 'inside';
    refusedPre = true;
  }
  return refusedPre ? 'only-with-pre-releases' : 'outside';
}
