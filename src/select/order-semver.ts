import { compareBytes } from './byte-order.ts';
import type { Exclusion, Ordering } from './ordering.ts';
import { compareVersions, parseTagVersion, type Version } from './version.ts';
import { checkRange, type VersionRange } from './version-range.ts';
import { semverStyle, type VersionStyle } from './version-style.ts';

/** The highest version in the range; of equal ones (`1.0.0`, `v1.0.0`) the one whose text comes last in byte order. */
export function orderBySemver(range: VersionRange, style: VersionStyle = semverStyle): Ordering<Version> {
  const text = JSON.stringify(range.text);
  return {
    kind: 'semver',
    description: `semver range ${text}`,
    place: (value) => {
      const parsed = parseTagVersion(value, style);
      return parsed.kind === 'version'
        ? { kind: 'placed', position: parsed.version }
        : { kind: 'unplaced', reason: parsed.reason };
    },
    exclude: (version) => describeAnswer(range, version, text),
    compare: compareVersions,
    breakTie: compareBytes,
  };
}

function describeAnswer(range: VersionRange, version: Version, text: string): Exclusion | null {
  const answer = checkRange(range, version);
  switch (answer) {
    case 'inside':
      return null;
    case 'outside':
      return { reason: `outside the range ${text}`, preRelease: false };
    case 'only-with-pre-releases':
      return { reason: `a pre-release, and the range ${text} names none`, preRelease: true };
    default:
      return answer satisfies never;
  }
}
