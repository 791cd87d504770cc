import type { KubeObject } from '../../core/index.ts';
import type { ObjectApi, Place } from '../objects/object-api.ts';
import type { WriteOptions } from '../objects/write-options.ts';
import { applyMergePatch } from './merge-patch.ts';

export function applyToCluster(
  api: ObjectApi,
  place: Place,
  body: unknown,
  options: WriteOptions & { readonly force: boolean },
): { object: KubeObject; created: boolean } {
  if (api.find(place) === null) return { object: api.create(place.type, place.namespace, body, options), created: true };
  return { object: api.update(place, (current) => applyMergePatch(current, body), options), created: false };
}
