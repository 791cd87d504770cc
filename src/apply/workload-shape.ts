import type { KubeObject } from '../core/index.ts';
import { isMap, type JsonMap } from './json.ts';

const templatePaths: Readonly<Record<string, readonly string[]>> = {
  'v1/Pod': ['spec'],
  'apps/v1/Deployment': ['spec', 'template', 'spec'],
  'apps/v1/StatefulSet': ['spec', 'template', 'spec'],
  'apps/v1/DaemonSet': ['spec', 'template', 'spec'],
  'apps/v1/ReplicaSet': ['spec', 'template', 'spec'],
  'batch/v1/Job': ['spec', 'template', 'spec'],
  'batch/v1/CronJob': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

/** Where an object keeps its pod's spec, or null when it has none. */
export function podSpecPath({ apiVersion, kind }: KubeObject): readonly string[] | null {
  return templatePaths[`${apiVersion}/${kind}`] ?? null;
}

/** The empty structures of `spec` that a typed client always sends, and that Flux therefore owns. */
export function zeroFieldsOf({ kind }: KubeObject): JsonMap {
  if (kind === 'Deployment') return { strategy: {} };
  return kind === 'StatefulSet' || kind === 'DaemonSet' ? { updateStrategy: {} } : {};
}

/** A copy with the value at a path changed; the same object where the path leads nowhere. */
export function updatePath(object: KubeObject, path: readonly string[], change: (value: unknown) => unknown): KubeObject {
  return updateAt(object, path, change) as KubeObject;
}

function updateAt(value: unknown, [field, ...rest]: readonly string[], change: (value: unknown) => unknown): unknown {
  if (field === undefined) return change(value);
  if (!isMap(value) || value[field] === undefined) return value;
  return { ...value, [field]: updateAt(value[field], rest, change) };
}
