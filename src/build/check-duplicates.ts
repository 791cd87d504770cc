import { describeObject, gvkOf, type KubeObject } from '../core/index.ts';
import { type BuiltObject, describeOrigin } from './built-object.ts';

/** One sentence for each object that stands in two places; kustomize counts no namespace as `default`. */
export function findDuplicates(objects: readonly BuiltObject[]): string[] {
  const first = new Map<string, BuiltObject>();
  const duplicates: string[] = [];
  for (const built of objects) {
    const identity = identityOf(built.object);
    const before = first.get(identity);
    if (before === undefined) first.set(identity, built);
    else
      duplicates.push(
        `${describeObject(built.object)} is defined twice: in ${describeOrigin(before.origin)} and in ${describeOrigin(built.origin)}`,
      );
  }
  return duplicates;
}

function identityOf(object: KubeObject): string {
  const { group, kind } = gvkOf(object);
  return [group, kind, object.metadata.namespace || 'default', object.metadata.name].join('\0');
}
