import type { KubeObject } from '../../core/index.ts';
import { isObject, type JsonObject, objectAt, setMember } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { badRequest } from '../objects/api-status.ts';

/** The object's `Scale` of autoscaling/v1. */
export function readScale(type: ResourceType, object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const metadata = {
    name,
    ...(namespace && { namespace }),
    ...(uid && { uid }),
    ...(resourceVersion && { resourceVersion }),
    ...(creationTimestamp && { creationTimestamp }),
  };
  const replicas = readNumber(object, type.scale?.specReplicasPath ?? '');
  const selector = selectorOf(type, object);
  const status = {
    replicas: readNumber(object, type.scale?.statusReplicasPath ?? '') ?? 0,
    ...(selector !== '' && { selector }),
  };
  return { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata, spec: replicas === undefined ? {} : { replicas }, status };
}

/** The object with the replicas of a changed `Scale`. */
export function writeScale(type: ResourceType, object: KubeObject, scale: unknown): KubeObject {
  const replicas = objectAt(scale, 'spec')['replicas'] ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas))
    throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas must be an integer');
  if (replicas < 0) throw badRequest('spec.replicas: Invalid value: must be greater than or equal to 0');
  const resourceVersion = objectAt(scale, 'metadata')['resourceVersion'];
  const changed = structuredClone(object);
  setAt(changed, splitPath(type.scale?.specReplicasPath ?? ''), replicas);
  if (typeof resourceVersion === 'string' && resourceVersion !== '') changed.metadata.resourceVersion = resourceVersion;
  return changed;
}

function splitPath(path: string): string[] {
  return path.split('.').filter((name) => name !== '');
}

function readAt(object: unknown, path: string): unknown {
  return splitPath(path).reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), object);
}

function readNumber(object: unknown, path: string): number | undefined {
  const value = readAt(object, path);
  return typeof value === 'number' ? value : undefined;
}

function setAt(target: JsonObject, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return setMember(target, name, value);
  if (!isObject(target[name])) setMember(target, name, {});
  setAt(target[name] as JsonObject, rest, value);
}

function selectorOf(type: ResourceType, object: KubeObject): string {
  const path = type.scale?.labelSelectorPath;
  const selector = path === undefined ? undefined : readAt(object, path);
  if (typeof selector === 'string') return selector;
  return Object.entries(objectAt(selector, 'matchLabels'))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
