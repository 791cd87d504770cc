import { compare, compareVersions, partsOf, type Version } from './version.ts';

/** One operator and version where versions may have any number of parts: `1.2.3` stands for all of 1.2.3, as `1.2` does for all of 1.2. */
export interface PrefixConstraint {
  readonly operator: string;
  /** With zeros for what is not written. */
  readonly version: Version;
  /** How many parts are written. */
  readonly written: number;
}

/** Whether a version satisfies the constraint; pre-releases are decided by the group around it. */
export function satisfiesPrefix(version: Version, constraint: PrefixConstraint): boolean {
  return operators.get(constraint.operator)?.(version, constraint) ?? false;
}

type Operator = (version: Version, constraint: PrefixConstraint) => boolean;

const isAtLeast: Operator = (v, c) => compareVersions(v, c.version) >= 0;

const isEqual: Operator = (v, c) =>
  c.version.pre.length > 0 ? compareVersions(v, c.version) === 0 : isAtLeast(v, c) && comparePrefix(v, c, c.written) === 0;

const isGreater: Operator = (v, c) =>
  c.version.pre.length > 0 ? compareVersions(v, c.version) > 0 : comparePrefix(v, c, c.written) > 0;

/** The last part that is written may grow, but for `~1` and `~1.2`, which stay as they are. */
const isTilde: Operator = (v, c) => isAtLeast(v, c) && comparePrefix(v, c, c.written > 2 ? c.written - 1 : c.written) === 0;

/** The leftmost part that is not 0 stays. */
const isCaret: Operator = (v, c) => {
  const first = partsOf(c.version, c.written).findIndex((part) => compare(part, 0) !== 0);
  return isAtLeast(v, c) && comparePrefix(v, c, first < 0 ? c.written : first + 1) === 0;
};

function comparePrefix(version: Version, constraint: PrefixConstraint, count: number): number {
  const wanted = partsOf(constraint.version, count);
  for (const [index, part] of partsOf(version, count).entries()) {
    const order = compare(part, wanted[index] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

const operators: ReadonlyMap<string, Operator> = new Map([
  ['', isEqual],
  ['=', isEqual],
  ['!=', (v, c) => !isEqual(v, c)],
  ['>', isGreater],
  ['<', (v, c) => compareVersions(v, c.version) < 0],
  ['>=', isAtLeast],
  ['=>', isAtLeast],
  ['<=', (v, c) => !isGreater(v, c)],
  ['=<', (v, c) => !isGreater(v, c)],
  ['~', isTilde],
  ['~>', isTilde],
  ['^', isCaret],
]);
