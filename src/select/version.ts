import semver from 'semver';
import { semverStyle, splitIdentifiers, type VersionStyle } from './version-style.ts';

/** A whole number of up to 64 bits; bigint where a number would lose digits. The two compare exactly. */
export type Part = number | bigint;

export interface Version {
  readonly major: Part;
  readonly minor: Part;
  readonly patch: Part;
  /** What follows the third part, where a style takes more than three; without zeros at its end. */
  readonly further: readonly Part[];
  /** Dot-separated identifiers of the pre-release; empty for a release. */
  readonly pre: readonly string[];
}

export type ParsedVersion =
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'invalid'; readonly reason: string };

export const maxVersionBytes = 256;

const longGrammar =
  /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+)(?<further>(?:\.[0-9]+){0,5}))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
const grammar =
  /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/**
 * Reads a version as Masterminds/semver does when it coerces: a lower-case `v` in front, leading zeros and missing parts are
 * fine, metadata is dropped, and no part may exceed 64 bits.
 */
export function parseVersion(text: string, style: VersionStyle = semverStyle): ParsedVersion {
  if (text.length > maxVersionBytes) return invalid(`longer than ${maxVersionBytes} bytes`);
  const match = (style.anyParts ? longGrammar : grammar).exec(text);
  if (!match) return invalid('not a semantic version');
  const [major, minor, patch] = [match[1], match[2], match[3]].map((digits) => parsePart(digits ?? '0'));
  if (major === undefined || minor === undefined || patch === undefined) return invalid('a part of the version exceeds 64 bits');
  const further = style.anyParts ? parseFurther(match.groups?.['further'] ?? '') : [];
  if (further === undefined) return invalid('a part of the version exceeds 64 bits');
  const pre = match[style.anyParts ? 5 : 4]?.split('.') ?? [];
  const padded = pre.find((identifier) => /^0[0-9]+$/.test(identifier));
  if (padded !== undefined && !style.naturalPreReleases) return invalid(`pre-release part "${padded}" starts with a zero`);
  return { kind: 'version', version: { major, minor, patch, further, pre: splitIdentifiers(pre, style) } };
}

/**
 * Reads a tag as a candidate: as `parseVersion`, but all three parts must be written, so that `1`, `1.2` or a build number are
 * not taken for versions.
 */
export function parseTagVersion(text: string, style: VersionStyle = semverStyle): ParsedVersion {
  if (style.anyParts) return parseVersion(text, style);
  return text.split('.', 3).length < 3 ? invalid('not a version of three parts') : parseVersion(text, style);
}

/** `.4.0` is 4: zeros at the end are left out, so that 1.2.3 and 1.2.3.0 are equal. Undefined for a part beyond 64 bits. */
function parseFurther(text: string): readonly Part[] | undefined {
  const parts = text.split('.').slice(1).map(parsePart);
  if (!parts.every((part) => part !== undefined)) return undefined;
  return parts.slice(0, parts.findLastIndex((part) => part !== 0) + 1);
}

/** Major, minor, patch and what follows, as many as are asked for. */
export function partsOf({ major, minor, patch, further }: Version, count: number): Part[] {
  return Array.from({ length: count }, (_, index) => [major, minor, patch, ...further][index] ?? 0);
}

function parsePart(digits: string): Part | undefined {
  if (digits.length <= 15) return Number(digits);
  const value = BigInt(digits);
  if (value > 0xffff_ffff_ffff_ffffn) return undefined;
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function invalid(reason: string): ParsedVersion {
  return { kind: 'invalid', reason };
}

/** Precedence by semver.org: negative, 0 or positive. Exact whatever the length of the numbers. */
export function compareVersions(a: Version, b: Version): number {
  return compareReleases(a, b) || comparePre(a.pre, b.pre);
}

/** The same without the pre-release. */
function compareReleases(a: Version, b: Version): number {
  return (
    compare(a.major, b.major) || compare(a.minor, b.minor) || compare(a.patch, b.patch) || compareFurther(a.further, b.further)
  );
}

function compareFurther(a: readonly Part[], b: readonly Part[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const order = compare(a[index] ?? 0, b[index] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

export function compare(a: Part, b: Part): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparePre(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    const order = compareIdentifiers(left, right);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Numbers below texts; numbers by value. semver's own comparison goes through floating point, which long numbers do not survive. */
function compareIdentifiers(a: string, b: string): number {
  const long = a.length > 15 || b.length > 15;
  return long && /^[0-9]+$/.test(a) && /^[0-9]+$/.test(b) ? compare(BigInt(a), BigInt(b)) : semver.compareIdentifiers(a, b);
}
