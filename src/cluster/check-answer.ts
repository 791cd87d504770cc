import type { KubeObject } from '../core/index.ts';
import { ClusterError } from './error.ts';

/** A page of a listing. */
export interface Page {
  readonly items: readonly KubeObject[];
  readonly continue: string | undefined;
  readonly resourceVersion: string;
}

/**
 * The object of that name; anything else that came with a 200, from a proxy or a server in trouble, is SERVER_ERROR. Without a name (what
 * is created and kept nowhere has none) anything that has metadata will do.
 */
export function requireObject(answer: unknown, attempt: string, name?: string): KubeObject {
  const object = answer as KubeObject | null;
  if (isRecord(object) && isRecord(object.metadata) && (name === undefined || object.metadata.name === name)) return object;
  throw notWhatWasAsked(attempt, name === undefined ? 'an object' : `an object named ${name}`);
}

/** A listing with its version. Nothing else may pass for one: no objects would mean that all were deleted. */
export function requirePage(answer: unknown, attempt: string): Page {
  const { items = null, metadata, kind } = isRecord(answer) ? answer : {};
  const isListing = typeof kind === 'string' && kind.endsWith('List') && isRecord(metadata);
  if (!isListing || typeof metadata['resourceVersion'] !== 'string' || !(items === null || Array.isArray(items)))
    throw notWhatWasAsked(attempt, 'a listing');
  const objects: readonly unknown[] = items ?? [];
  if (!objects.every(isNamed)) throw notWhatWasAsked(attempt, 'a listing of objects');
  const next = metadata['continue'];
  return {
    items: objects,
    continue: typeof next === 'string' && next !== '' ? next : undefined,
    resourceVersion: metadata['resourceVersion'],
  };
}

export function isNamed(value: unknown): value is KubeObject {
  return isRecord(value) && isRecord(value['metadata']) && typeof value['metadata']['name'] === 'string';
}

export function notWhatWasAsked(attempt: string, wanted: string): ClusterError {
  return new ClusterError('SERVER_ERROR', `${attempt}: the server's answer is not ${wanted}; is something else in front of it?`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
