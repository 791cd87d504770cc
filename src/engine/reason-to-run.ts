import { pausedUntilAnnotation } from '../api/index.ts';
import type { KubeObject } from '../core/index.ts';
import type { ObjectChange } from './object-cache.ts';
import { requestToken } from './reconcile-object.ts';

/** Why a change of an object asks for a run of it: a new object or spec, a deletion, a request, or a `tagalong.dev/` switch; null = it does not. */
export function reasonToRun(before: KubeObject | null, after: KubeObject): string | null {
  if (before === null || before.metadata.uid !== after.metadata.uid) return 'new object';
  if (before.metadata.generation !== after.metadata.generation) return 'spec changed';
  if (before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp) return 'deleted';
  if (requestToken(after) !== undefined && requestToken(before) !== requestToken(after)) return 'reconcile requested';
  if (switchesOf(before) !== switchesOf(after)) return 'annotation changed';
  return null;
}

function switchesOf(object: KubeObject): string {
  const entries = Object.entries(object.metadata.annotations ?? {}).filter(([name]) => name.startsWith('tagalong.dev/'));
  return JSON.stringify(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a run was about is no more: another spec, a pause, or a deletion. */
export function endsRun({ before, after }: ObjectChange): boolean {
  if (before === null || after === null || before.metadata.uid !== after.metadata.uid) return before !== null;
  const { generation, deletionTimestamp } = after.metadata;
  if (before.metadata.annotations?.[pausedUntilAnnotation] !== after.metadata.annotations?.[pausedUntilAnnotation]) return true;
  return before.metadata.generation !== generation || before.metadata.deletionTimestamp !== deletionTimestamp;
}
