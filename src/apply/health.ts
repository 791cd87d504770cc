import { gvkOf, type Instant, type KubeObject } from '../core/index.ts';
import { conditionsOf, fieldText, isTrue } from './health-fields.ts';
import { current, failed, type Health, inProgress } from './health-result.ts';
import { healthRules } from './health-rules.ts';

/**
 * How far an object is on its way to what its spec says, by kstatus. `null` is NotFound. `now` decides only how long a pod may
 * stay unschedulable.
 */
export function healthOf(object: KubeObject | null, now: Instant): Health {
  if (object === null) return { status: 'NotFound', message: 'Resource not found' };
  const rule = healthRules.get(kindKey(object));
  return genericHealth(object) ?? rule?.(object, now) ?? readyHealth(object);
}

function kindKey(object: KubeObject): string {
  const { group, kind } = gvkOf(object);
  return group === '' ? kind : `${group}/${kind}`;
}

// What holds for every kind, and comes before its own rules.
function genericHealth(object: KubeObject): Health | null {
  if (object.metadata.deletionTimestamp !== undefined)
    return { status: 'Terminating', message: 'Resource scheduled for deletion' };
  const observed = fieldText(object, 'status.observedGeneration');
  const { generation } = object.metadata;
  if (observed !== '' && generation !== undefined && observed !== String(generation))
    return inProgress(`${object.kind} generation is ${generation}, but latest observed generation is ${observed}`);
  for (const condition of conditionsOf(object)) {
    if (condition.type === 'Reconciling' && isTrue(condition)) return inProgress(condition.message);
    if (condition.type === 'Stalled' && isTrue(condition)) return failed(condition.message);
  }
  return null;
}

// Kinds that nothing is known about: most of them have a Ready condition.
function readyHealth(object: KubeObject): Health {
  const ready = conditionsOf(object).find(({ type }) => type === 'Ready');
  if (ready === undefined) return current('Resource is current');
  if (isTrue(ready)) return current('Resource is Ready');
  return inProgress(ready.message || `Ready condition is ${ready.status}`);
}
