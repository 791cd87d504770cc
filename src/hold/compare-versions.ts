import type { Marker } from '../core/index.ts';
import { samePolicy, type Version, versionAs, versionOf } from './version.ts';

/** What one version of a file has no longer, and what it has instead, as far as one unit is concerned. */
export interface VersionChange {
  readonly lost: readonly Version[];
  readonly gained: readonly Version[];
}

/**
 * How `unit` differs between two versions of its file, given all markers of each; null if it does not. Where the unit cannot be found
 * in both, the policy's values in the file are compared as multisets.
 */
export function compareVersions(unit: Marker, before: readonly Marker[], after: readonly Marker[]): VersionChange | null {
  const old = findUnit(unit, before);
  const current = findUnit(unit, after);
  const change =
    old && current
      ? subtractBoth([versionOf(old, before)], [versionOf(current, after)])
      : subtractBoth(policyVersions(unit, before), policyVersions(unit, after));
  return change.lost.length === 0 && change.gained.length === 0 ? null : change;
}

/** The unit in another version of its file: same object, YAML path, policy and part; null if none, or more than one that cannot be told apart. */
export function findUnit(unit: Marker, markers: readonly Marker[]): Marker | null {
  const alike = markers.filter((marker) => marker.part === unit.part && samePolicy(marker, unit) && samePlace(marker, unit));
  if (alike.length <= 1) return alike[0] ?? null;
  const closer = alike.filter(
    (marker) => marker.object.apiVersion === unit.object.apiVersion && marker.document === unit.document,
  );
  return closer.length === 1 ? (closer[0] ?? null) : null;
}

/** The API version is left out: it moves on while the object stays. */
function samePlace(a: Marker, b: Marker): boolean {
  return (
    a.path === b.path &&
    a.object.kind === b.object.kind &&
    a.object.namespace === b.object.namespace &&
    a.object.name === b.object.name
  );
}

function policyVersions(unit: Marker, markers: readonly Marker[]): Version[] {
  const ours = markers.filter((marker) => samePolicy(marker, unit));
  const samePart = ours.filter((marker) => marker.part === unit.part);
  if (samePart.length > 0) return samePart.map((marker) => versionOf(marker, markers));
  return ours.flatMap((marker) => versionAs(unit.part, marker, markers) ?? []);
}

function subtractBoth(before: readonly Version[], after: readonly Version[]): VersionChange {
  return { lost: subtract(before, after), gained: subtract(after, before) };
}

/** Multiset difference by value. */
function subtract(from: readonly Version[], what: readonly Version[]): Version[] {
  const rest = what.map(({ value }) => value);
  return from.filter(({ value }) => {
    const at = rest.indexOf(value);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}
