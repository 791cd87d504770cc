import type { ImagePolicy } from '../api/index.ts';
import { formatKey, type Instant, keyOf } from '../core/index.ts';
import { type KnownGuard, selectPolicies } from './bind-guards.ts';
import type { Guard } from './compile-guard.ts';
import { dayMs } from './cron.ts';
import { type Stretch, startsBetween } from './window.ts';

/** How far ahead windows are compared: a year, so that each season and each clock change is in it. */
const horizonMs = 366 * dayMs;

/**
 * What can never be true of this guard together with the others of a policy: windows that are never open at the same time. One sentence for
 * each set of guards, naming a policy that it concerns.
 */
export function findContradictions(
  known: KnownGuard,
  all: readonly KnownGuard[],
  policies: readonly ImagePolicy[],
  guardNamespace: string,
  now: Instant,
): string[] {
  if (known.compiled.kind !== 'guard') return [];
  const own = known.compiled.guard;
  const selections = new Map(all.map((one) => [one, new Set(selectPolicies(one, policies, guardNamespace))]));
  const found = new Map<string, string>();
  for (const policy of policies.map(keyOf).filter((key) => selections.get(known)?.has(key) ?? false)) {
    const guards = all.flatMap((one) =>
      one.compiled.kind === 'guard' && selections.get(one)?.has(policy) ? [one.compiled.guard] : [],
    );
    const others = guards.filter((guard) => guard !== own && guard.windows.length > 0);
    const names = others.map(({ name }) => formatKey(name)).join(', ');
    if (own.windows.length === 0 || others.length === 0 || found.has(names)) continue;
    if (!meetEver([own, ...others], now))
      found.set(names, `its windows and those of ${names} are never open together; policy ${policy} waits for ever`);
  }
  return [...found.values()];
}

function meetEver(guards: readonly Guard[], now: Instant): boolean {
  let common: readonly Stretch[] = [{ from: now, to: now + horizonMs }];
  for (const guard of guards) common = intersect(common, openStretches(guard, now));
  return common.length > 0;
}

/** A year of a dense window is much to go through, and the same for as long as the guard is. */
const remembered = new WeakMap<Guard, { readonly at: Instant; readonly stretches: readonly Stretch[] }>();
const rememberedForMs = 30 * dayMs;

function openStretches(guard: Guard, now: Instant): readonly Stretch[] {
  const known = remembered.get(guard);
  if (known !== undefined && now >= known.at && now < known.at + rememberedForMs) return known.stretches;
  const stretches = findStretches(guard, now);
  remembered.set(guard, { at: now, stretches });
  return stretches;
}

/** When a guard's windows are open within the horizon, in order and without gaps between what touches. */
function findStretches({ windows }: Guard, now: Instant): Stretch[] {
  const stretches = windows.flatMap((window) =>
    [...startsBetween(window, now - window.durationMs, now + horizonMs)].map((from) => ({ from, to: from + window.durationMs })),
  );
  const merged: Stretch[] = [];
  for (const next of stretches.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && next.from <= last.to)
      merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, next.to) };
    else merged.push(next);
  }
  return merged;
}

function intersect(a: readonly Stretch[], b: readonly Stretch[]): Stretch[] {
  const both: Stretch[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const [one, other] = [a[i], b[j]];
    if (one === undefined || other === undefined) break;
    const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)];
    if (from < to) both.push({ from, to });
    if (one.to < other.to) i += 1;
    else j += 1;
  }
  return both;
}
