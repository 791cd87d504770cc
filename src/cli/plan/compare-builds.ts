import { differingFields, inventoryId } from '../../apply/index.ts';
import { describeObject, type KubeObject, refOf } from '../../core/index.ts';

/** What a rollout would do to one object. */
export interface ObjectChange {
  readonly what: 'created' | 'changed' | 'removed';
  readonly object: string;
  /** Of a changed one, from `spec.` on. */
  readonly fields: readonly string[];
}

/** What differs between two builds, object by object; values are not told, so that none of a Secret is. Pure. */
export function compareBuilds(before: readonly KubeObject[], after: readonly KubeObject[]): ObjectChange[] {
  const [old, made] = [byId(before), byId(after)];
  const changes: ObjectChange[] = [];
  for (const [id, wanted] of made) {
    const standing = old.get(id);
    const fields = standing === undefined ? [] : eitherWay(wanted, standing);
    const object = describeObject(wanted);
    if (standing === undefined) changes.push({ what: 'created', object, fields: [] });
    else if (fields.length > 0) changes.push({ what: 'changed', object, fields });
  }
  for (const [id, gone] of old) if (!made.has(id)) changes.push({ what: 'removed', object: describeObject(gone), fields: [] });
  return changes;
}

/** What one has and the other has not is found from the side that has it. */
function eitherWay(a: KubeObject, b: KubeObject): string[] {
  return [...new Set([...differingFields(a, b), ...differingFields(b, a)])];
}

function byId(objects: readonly KubeObject[]): Map<string, KubeObject> {
  return new Map(objects.map((object) => [inventoryId(refOf(object)), object] as const));
}
