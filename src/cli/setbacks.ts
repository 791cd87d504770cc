import type { ImagePolicy, UpdateGuard } from '../api/index.ts';
import { type Cluster, keyOf, type TagVerdict } from '../core/index.ts';
import { findObjectsIfServed } from './find-objects.ts';
import { holdsOf } from './get-holds.ts';
import { viewOf } from './kind-views.ts';

/** What keeps a tag from landing although the rules of its policy take it. */
export interface Setback {
  readonly stage: Extract<TagVerdict['stage'], 'platform' | 'signature' | 'guard' | 'hold'>;
  readonly reason: string;
  /** The policy picks another tag in its place. */
  readonly drops: boolean;
}

/** By tag: what the guards of a policy refused or let wait, and what was taken back in git. */
export async function findSetbacks(
  cluster: Cluster,
  policy: ImagePolicy,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Setback>> {
  const everywhere = { namespace: '', allNamespaces: true };
  const own = { namespace: policy.metadata.namespace ?? '', allNamespaces: false };
  const [guards, automations] = await Promise.all([
    findObjectsIfServed(cluster, viewOf('UpdateGuard'), everywhere, signal),
    findObjectsIfServed(cluster, viewOf('ImageUpdateAutomation'), own, signal),
  ]);
  return new Map([
    ...automations.flatMap((automation) => heldTags(automation, keyOf(policy))),
    ...guards.flatMap((guard) => guardedTags(guard as UpdateGuard, keyOf(policy))),
  ]);
}

function heldTags(automation: Parameters<typeof holdsOf>[0], key: string): [string, Setback][] {
  return holdsOf(automation).flatMap(({ hold }): [string, Setback][] => {
    if (hold === null || `${hold.policy.namespace}/${hold.policy.name}` !== key) return [];
    const reason = `held in ${hold.file}: ${hold.because}; \`tagalong release ${hold.policy.name}\` lands it`;
    return [[tagOf(hold.value), { stage: 'hold', reason, drops: false }]];
  });
}

/** An entry without an automation is of a tag that was passed over; the others were picked, and wait. */
function guardedTags(guard: UpdateGuard, key: string): [string, Setback][] {
  return (guard.status?.guarded ?? [])
    .filter(({ policy }) => policy === key)
    .map(({ candidate, automation, reason, message }): [string, Setback] => [
      tagOf(candidate),
      { stage: stageOf(reason), reason: `${message} (guard ${keyOf(guard)})`, drops: automation === undefined },
    ]);
}

function stageOf(reason: string): Setback['stage'] {
  if (/platform/i.test(reason)) return 'platform';
  return /sign|verif/i.test(reason) ? 'signature' : 'guard';
}

/** The tag of `name:tag@digest`, or of a value that is a tag alone. */
function tagOf(value: string): string {
  const [withoutDigest = ''] = value.split('@');
  return withoutDigest.slice(Math.max(withoutDigest.lastIndexOf(':'), withoutDigest.lastIndexOf('/')) + 1);
}
