import { satisfiesPrefix } from './prefix-constraint.ts';
import { type ConstraintParts, splitConstraint, syntaxOf } from './range-syntax.ts';
import { compare, compareVersions, parseVersion, type Version } from './version.ts';
import { semverStyle, type VersionStyle } from './version-style.ts';

/** How much of the version is written: the rest is absent or a wildcard. */
type Precision = 'nothing' | 'major' | 'minor' | 'all';

/** One operator and version, such as `>=1.2`; missing parts of `version` are 0. */
export interface Constraint {
  readonly operator: string;
  readonly version: Version;
  readonly precision: Precision;
  /** How many parts are written before the first wildcard; only where versions may have any number of parts. */
  readonly written?: number;
  /** As written, for sentences. */
  readonly text: string;
}

/** Null when the text has the form of a constraint but no version that can be read. */
export function parseConstraint(text: string, style: VersionStyle = semverStyle): Constraint | null {
  const parts = splitConstraint(syntaxOf(style), text);
  if (parts === null) return null;
  if (style.anyParts) return parseLongConstraint(parts, style);
  const precision = precisionOf(parts);
  const parsed = parseVersion(fillVersion(parts, precision), style);
  if (parsed.kind === 'invalid') return null;
  return { operator: parts.operator, version: parsed.version, precision, text: parts.operator + parts.version };
}

/** What stands behind a wildcard does not count. */
function parseLongConstraint({ operator, version, major, minor, patch, further, pre }: ConstraintParts, style: VersionStyle) {
  const all = [major, minor, patch, ...further.split('.').slice(1)].filter((part) => part !== null);
  const end = all.findIndex(isWildcard);
  const written = all.slice(0, end < 0 ? all.length : end);
  const filled = [...written, '0', '0', '0'].slice(0, Math.max(3, written.length)).join('.');
  const parsed = parseVersion(`${filled}${pre}`, style);
  if (parsed.kind === 'invalid') return null;
  return { operator, version: parsed.version, precision: 'all', written: written.length, text: operator + version } as const;
}

function precisionOf({ major, minor, patch }: ConstraintParts): Precision {
  if (isWildcard(major)) return 'nothing';
  if (minor === null || isWildcard(minor)) return 'major';
  return patch === null || isWildcard(patch) ? 'minor' : 'all';
}

function fillVersion({ version, major, minor, pre }: ConstraintParts, precision: Precision): string {
  switch (precision) {
    case 'nothing':
      return `0.0.0${pre}`;
    case 'major':
      return `${major}.0.0${pre}`;
    case 'minor':
      return `${major}.${minor}.0${pre}`;
    default:
      return version;
  }
}

function isWildcard(part: string): boolean {
  return part === 'x' || part === 'X' || part === '*';
}

/** Whether a version satisfies one constraint; pre-releases are decided by the group around it. */
export function satisfies(version: Version, constraint: Constraint): boolean {
  if (constraint.written !== undefined) return satisfiesPrefix(version, { ...constraint, written: constraint.written });
  return operators.get(constraint.operator)?.(version, constraint) ?? false;
}

type Operator = (version: Version, constraint: Constraint) => boolean;

const isExactly: Operator = (v, c) => compareVersions(v, c.version) === 0;
const isAtLeast: Operator = (v, c) => compareVersions(v, c.version) >= 0;
const hasSameMajor: Operator = (v, c) => compare(v.major, c.version.major) === 0;
const hasSameMinor: Operator = (v, c) => compare(v.minor, c.version.minor) === 0;

const isEqual: Operator = (v, c) => (c.precision === 'all' ? isExactly(v, c) : isTilde(v, c));

/** `!=1.x` refuses all of 1; `!=1.2.x` all of 1.2, but compares pre-releases alone where there are any. */
const isNotEqual: Operator = (v, c) => {
  if (c.precision === 'major') return !hasSameMajor(v, c);
  if (c.precision === 'minor') return !(hasSameMajor(v, c) && hasSameMinor(v, c)) || v.pre.join('.') !== c.version.pre.join('.');
  return !isExactly(v, c);
};

/** `>11` means 12.0.0 and above, `>11.1` means 11.2.0 and above. */
const isGreater: Operator = (v, c) => {
  if (c.precision === 'major') return compare(v.major, c.version.major) > 0;
  if (c.precision === 'minor') return (compare(v.major, c.version.major) || compare(v.minor, c.version.minor)) > 0;
  return compareVersions(v, c.version) > 0;
};

const isLess: Operator = (v, c) => compareVersions(v, c.version) < 0;

/** `<=11` includes all of 11, `<=1.2` all of 1.2; `<=*` is `<=0.0`. */
const isAtMost: Operator = (v, c) => {
  if (c.precision === 'all') return compareVersions(v, c.version) <= 0;
  const order = compare(v.major, c.version.major);
  return order < 0 || (order === 0 && (c.precision === 'major' || compare(v.minor, c.version.minor) <= 0));
};

/** `~1` is all of 1, `~1.2` and `~1.2.3` stay in 1.2; `~0.0.0` and `~*` are everything. */
const isTilde: Operator = (v, c) => {
  if (!isAtLeast(v, c)) return false;
  if (c.precision === 'nothing' || (c.precision === 'all' && isZero(c.version))) return true;
  return hasSameMajor(v, c) && (c.precision === 'major' || hasSameMinor(v, c));
};

/** The leftmost part that is not 0 stays; `^*` stays in 0.0. */
const isCaret: Operator = (v, c) => {
  if (!isAtLeast(v, c) || !hasSameMajor(v, c)) return false;
  if (c.version.major > 0 || c.precision === 'major') return true;
  if (!hasSameMinor(v, c)) return false;
  return c.version.minor > 0 || c.precision === 'minor' || compare(v.patch, c.version.patch) === 0;
};

function isZero({ major, minor, patch }: Version): boolean {
  return compare(major, 0) === 0 && compare(minor, 0) === 0 && compare(patch, 0) === 0;
}

const operators: ReadonlyMap<string, Operator> = new Map([
  ['', isEqual],
  ['=', isEqual],
  ['!=', isNotEqual],
  ['>', isGreater],
  ['<', isLess],
  ['>=', isAtLeast],
  ['=>', isAtLeast],
  ['<=', isAtMost],
  ['=<', isAtMost],
  ['~', isTilde],
  ['~>', isTilde],
  ['^', isCaret],
]);
