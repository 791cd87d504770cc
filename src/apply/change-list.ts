import { describeRef, type ObjectRef } from '../core/index.ts';
import { compareForApply } from './order.ts';

export interface Change {
  readonly ref: ObjectRef;
  readonly action: 'created' | 'configured' | 'unchanged' | 'skipped' | 'deleted';
}

/** The text of the apply event: `Kind/ns/name created` a line, changed objects alone; '' when nothing changed. */
export function changeList(changes: readonly Change[]): string {
  return linesOf(changes.filter(({ action }) => action === 'created' || action === 'configured' || action === 'deleted'));
}

/** The text of the prune event: what was deleted and what was left, in the order given. */
export function pruneList(changes: readonly Change[]): string {
  return linesOf(changes.filter(({ action }) => action === 'deleted' || action === 'skipped'));
}

/** A sorted copy, in the order of applying. */
export function sortChanges(changes: readonly Change[]): Change[] {
  return changes.toSorted((left, right) => compareForApply(left.ref, right.ref));
}

function linesOf(changes: readonly Change[]): string {
  return changes.map(({ ref, action }) => `${describeRef(ref)} ${action}`).join('\n');
}
