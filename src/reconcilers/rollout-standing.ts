import { type ImagePolicy, type Rollout, versionStyleOf } from '../api/index.ts';
import { type Hold, type Marker, nameOf, type Oid } from '../core/index.ts';
import { type OrderTags, parseTrailers, rollbackTrailer } from '../hold/index.ts';
import { findPlace, type Standing } from '../rollout/index.ts';
import { compileTagPolicy, orderTags } from '../select/index.ts';
import type { AutomationTarget } from './automation-target.ts';

/**
 * Whether a bump still stands at `head`: it does as long as one of its places carries the new value. Otherwise history says whether it was
 * taken back, by whom, or went on to something newer.
 */
export async function readStanding(
  rollout: Rollout,
  { mirror, markers: index, holds }: AutomationTarget,
  head: Oid,
  policy: ImagePolicy | undefined,
): Promise<Standing> {
  const { changes, commit, branch } = rollout.spec;
  const owner = { namespace: nameOf(rollout).namespace, name: rollout.spec.policy.name };
  const files = await index.at(head, branch);
  const markers = [...new Set(changes.map(({ file }) => file))].flatMap((file) => files.get(file)?.value.markers ?? []);
  const places = changes.map((change) => ({ change, marker: findPlace(owner, change, markers) }));
  if (places.some(({ change, marker }) => marker?.value === change.to)) return { kind: 'stands' };
  for (const { change, marker } of places) {
    if (marker === null) continue;
    const question = { marker, newValue: change.to, head, orderTags: orderOf(policy) };
    const answer = await holds.check(question);
    if (answer.kind === 'held') return takenBack(answer.hold, await isUndoing(answer.hold, rollout, mirror));
  }
  if (!(await mirror.isAncestor(commit, head)))
    return {
      kind: 'rolled back',
      because: `${branch} was rewritten without ${commit.slice(0, 7)}`,
      by: '',
      commit: null,
      own: false,
    };
  return { kind: 'superseded', because: describeNext(places.map(({ marker }) => marker)) };
}

function takenBack({ by, because, current }: Hold, own: boolean): Standing {
  const who = by?.author.name ?? '';
  return {
    kind: 'rolled back',
    because: because === '' ? `taken back to ${current}` : because,
    by: who,
    commit: by?.commit ?? null,
    own,
  };
}

/** Whether it was our own doing, because of this very bump. */
async function isUndoing({ by }: Hold, { spec }: Rollout, mirror: AutomationTarget['mirror']): Promise<boolean> {
  if (by === null) return false;
  const { message } = await mirror.commit(by.commit);
  return parseTrailers(message).some(({ key, value }) => key === rollbackTrailer && value === spec.commit);
}

function describeNext(markers: readonly (Marker | null)[]): string {
  const values = [...new Set(markers.flatMap((marker) => (marker === null ? [] : [marker.value])))];
  return values.length === 0 ? 'its markers are gone' : `followed by ${values.join(', ')}`;
}

/** A policy that is gone, or does not compile, has no order. */
export function orderOf(policy: ImagePolicy | undefined): OrderTags {
  const compiled = policy === undefined ? null : compileTagPolicy(policy.spec, versionStyleOf(policy.metadata.annotations));
  return (a, b) => (compiled?.kind === 'compiled' ? orderTags(compiled.policy, a, b) : 'unordered');
}
