import type { RolloutChange } from '../api/index.ts';
import { type Edit, formatKey, type Marker, type NamespacedName } from '../core/index.ts';
import { isSamePlace } from './changes.ts';

/** What it takes to undo exactly one bump on top of the branch as it is. */
export type InversePlan =
  | { readonly kind: 'edits'; readonly edits: readonly Edit[] }
  /** Every place carries the old value again already. */
  | { readonly kind: 'undone' }
  /** Somebody edited the same line since: which of the two is wanted is for people to say. */
  | { readonly kind: 'conflict'; readonly because: string };

/** Nothing is planned if any place carries neither the new nor the old value: a bump goes back as a whole or not at all. */
export function planInverse(policy: NamespacedName, changes: readonly RolloutChange[], markers: readonly Marker[]): InversePlan {
  const places = changes.map((change) => ({ change, marker: findPlace(policy, change, markers) }));
  const conflict = places.find(({ change, marker }) => !isPlain(change, marker));
  if (conflict !== undefined) return { kind: 'conflict', because: describeConflict(conflict.change, conflict.marker) };
  const edits = places.flatMap(({ change, marker }) =>
    marker === null || marker.value === change.from ? [] : [{ marker, before: change.to, after: change.from }],
  );
  return edits.length === 0 ? { kind: 'undone' } : { kind: 'edits', edits };
}

export function findPlace(policy: NamespacedName, change: RolloutChange, markers: readonly Marker[]): Marker | null {
  const key = formatKey(policy);
  return markers.find((marker) => formatKey(marker.policy) === key && isSamePlace(marker, change)) ?? null;
}

function isPlain(change: RolloutChange, marker: Marker | null): boolean {
  return marker !== null && (marker.value === change.to || marker.value === change.from);
}

function describeConflict({ file, path, from, to }: RolloutChange, marker: Marker | null): string {
  if (marker === null) return `${file} no longer has the marker at ${path}, where ${from} would have to come back`;
  return `${file}:${marker.line} was changed to ${marker.value} after the bump to ${to}; it stays, and which version is wanted there is left to people`;
}
