import type { KubeObject } from '../core/index.ts';
import { findApplyEntry } from './field-managers.ts';
import type { FieldSet } from './field-set.ts';
import { isMap, isSameJson } from './json.ts';
import { removeAt, setAt, valueAt } from './json-pointer.ts';
import { findItemStep } from './lost-fields.ts';

type Steps = readonly string[];

/** A copy for comparing: without the fields that are left to others. */
export function withoutIgnored(object: KubeObject, ignored: readonly Steps[]): KubeObject {
  // From the back, so that an item taken out of a list moves none that is still to be taken.
  const ordered = ignored.toSorted((left, right) => compareSteps(right, left));
  return ordered.reduce<unknown>(removeAt, object) as KubeObject;
}

export interface IgnoredFacts {
  readonly live: KubeObject;
  /** What the dry run of the manifest returned. */
  readonly tried: KubeObject;
  readonly ignored: readonly Steps[];
  readonly fieldManager: string;
}

/**
 * The manifest to send for another reason: an ignored field that would change is left out where somebody else applies it, and else has
 * the value that is there. Left out, a field that nobody owns would go.
 */
export function leaveIgnored(manifest: KubeObject, { live, tried, ignored, fieldManager }: IgnoredFacts): KubeObject {
  const own = findApplyEntry(live, fieldManager);
  const others = (live.metadata.managedFields ?? []).filter((entry) => entry !== own && entry.operation === 'Apply');
  let sent: unknown = manifest;
  for (const steps of ignored) {
    const there = valueAt(live, steps);
    if (steps.length === 0 || isSameJson(there, valueAt(tried, steps))) continue;
    const isOthers = others.some(({ fieldsV1 }) => holds(fieldsV1 ?? {}, live, steps));
    sent = isOthers || there === undefined ? removeAt(sent, steps) : setAt(sent, steps, there);
  }
  return sent as KubeObject;
}

/** Whether a field set has what the steps lead to in this value, itself or as a part of something it has whole. */
function holds(set: FieldSet, value: unknown, [step, ...rest]: Steps): boolean {
  if (step === undefined || Object.keys(set).every((key) => key === '.')) return true;
  const inner = valueAt(value, [step]);
  const at = Array.isArray(value) ? findItemStep(inner, set) : `f:${step}`;
  const below = at === null ? undefined : set[at];
  return isMap(below) && holds(below, inner, rest);
}

function compareSteps(left: Steps, right: Steps): number {
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [a = '', b = ''] = [left[index], right[index]];
    if (a === b) continue;
    return /^\d+$/.test(a) && /^\d+$/.test(b) ? Number(a) - Number(b) : a < b ? -1 : 1;
  }
  return left.length - right.length;
}
