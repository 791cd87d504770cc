import type { KubeObject } from '../core/index.ts';
import { isMap, type JsonMap } from './json.ts';

export interface StatusCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

/** The value at a dotted path, or undefined. */
export function fieldAt(object: KubeObject, path: string): unknown {
  let at: unknown = object;
  for (const field of path.split('.')) at = isMap(at) ? at[field] : undefined;
  return at;
}

/** An integer at a dotted path; `fallback` where there is none. */
export function fieldNumber(object: KubeObject, path: string, fallback: number): number {
  const value = fieldAt(object, path);
  return typeof value === 'number' ? value : fallback;
}

/** The text of a scalar at a dotted path; '' where there is none. */
export function fieldText(object: KubeObject, path: string): string {
  const value = fieldAt(object, path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function conditionsOf(object: KubeObject): StatusCondition[] {
  const conditions = fieldAt(object, 'status.conditions');
  return Array.isArray(conditions) ? conditions.filter(isMap).map(parseCondition) : [];
}

export function isTrue({ status }: StatusCondition): boolean {
  return status === 'True';
}

function parseCondition(condition: JsonMap): StatusCondition {
  const text = (field: string) => (typeof condition[field] === 'string' ? condition[field] : '');
  return {
    type: text('type'),
    status: text('status'),
    reason: text('reason'),
    message: text('message'),
    lastTransitionTime: text('lastTransitionTime'),
  };
}
