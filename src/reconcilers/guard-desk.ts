import { isDeepStrictEqual } from 'node:util';
import type { GuardedBump, ImagePolicy, ImageUpdateAutomation, UpdateGuard } from '../api/index.ts';
import type { CloudLogins } from '../auth/index.ts';
import {
  type Clock,
  type Cluster,
  formatKey,
  keyOf,
  type NamespacedName,
  parseKey,
  type Registry,
  type Store,
  type Wake,
} from '../core/index.ts';
import { remoteKey } from '../git/index.ts';
import { bindGuards, type CompiledGuard, compileGuard, type Guard, type KnownGuard } from '../guard/index.ts';
import type { AutomationGuards, MarkerPlaces } from './automation-guards.ts';
import { GuardAsker, type GuardOffice } from './guard-asker.ts';
import { GuardBoard, guardsOf } from './guard-board.ts';
import type { Gates } from './guard-gates.ts';
import type { NatureChecks } from './guard-nature.ts';
import type { MarkerPlace } from './guard-promotions.ts';
import { createGuardRecords, type GuardRecords } from './guard-records.ts';
import { GuardReleases } from './guard-releases.ts';
import type { RequirementDeps } from './guard-requirements.ts';
import type { RefusedTag } from './guarded-selection.ts';

export interface GuardDeskDeps extends RequirementDeps {
  readonly home: Cluster;
  readonly registry: Registry;
  readonly logins: CloudLogins;
  readonly store: Store;
  readonly clock: Clock;
  readonly gates: Gates;
  readonly nature: NatureChecks;
  /** Where the guards live that bind every namespace. */
  readonly guardNamespace: string;
  readonly wake: Wake;
  /** As the API last told; nothing lands before these were listed once. */
  listGuards(): readonly UpdateGuard[];
  listPolicies(): readonly ImagePolicy[];
  /** Told of a guard that is gone, and of what it let go; by the run that found it out. */
  onReleased(guard: string, policies: readonly string[], automation: ImageUpdateAutomation): void;
  /** Between two bumps that waited for a guard that is gone; default half a minute. */
  readonly releaseEveryMs?: number;
}

/** Where automations ask what guards say, and guards learn what waits for them. */
export interface GuardDesk {
  readonly board: GuardBoard;
  readonly records: GuardRecords;
  known(): readonly KnownGuard[];
  /** The guards of a policy that can be obeyed. */
  guardsOf(policy: ImagePolicy): readonly Guard[];
  forAutomation(automation: ImageUpdateAutomation, signal: AbortSignal): AutomationGuards;
  /** Where markers stand, as the automations last saw them. */
  places(): readonly MarkerPlace[];
  /** Newer tags that a policy did not pick because a guard refuses them; replaces what was known of the policy. */
  noteRefused(policy: NamespacedName, refused: readonly RefusedTag[]): void;
  /** The same by guard, as its status has it. */
  refusedBy(guard: string): readonly GuardedBump[];
}

export function createGuardDesk(deps: GuardDeskDeps): GuardDesk {
  const { store, clock, guardNamespace, listGuards } = deps;
  const compiled = new Map<string, { readonly version: string; readonly compiled: CompiledGuard }>();
  const records = createGuardRecords(store, listGuards);
  const releases = new GuardReleases({ records, everyMs: deps.releaseEveryMs ?? 30_000 });
  const refusals = new Map<string, readonly RefusedTag[]>();
  const wakeGuard = (guard: string) => deps.wake({ kind: 'UpdateGuard', ...parseKey(guard) }, 'what waits for it changed');
  const board = new GuardBoard((guards) => guards.forEach(wakeGuard));
  const compile = (resource: UpdateGuard): CompiledGuard => {
    const version = `${resource.metadata.uid}/${resource.metadata.generation}`;
    const known = compiled.get(keyOf(resource));
    if (known?.version === version) return known.compiled;
    const fresh = compileGuard(resource, clock.now());
    compiled.set(keyOf(resource), { version, compiled: fresh });
    return fresh;
  };
  const known = () => listGuards().map((resource) => ({ resource, compiled: compile(resource) }));
  const places = new Map<string, readonly MarkerPlace[]>();
  const notePlaces = (automation: string, { url, branch, files }: MarkerPlaces) => {
    const repository = remoteKey(url);
    const found = [...files].flatMap(([policy, own]) => own.map((file) => ({ policy, repository, branch, file })));
    if (isDeepStrictEqual(found, places.get(automation))) return;
    places.set(automation, found);
    const promoting = known().filter(({ resource }) => (resource.spec?.requires ?? []).length > 0);
    for (const { resource } of promoting) wakeGuard(keyOf(resource));
  };
  const shared: GuardOffice = { ...deps, records, releases, board, known, notePlaces };
  return {
    board,
    records,
    known,
    places: () => [...places.values()].flat(),
    guardsOf: (policy) => bindGuards(known(), policy, guardNamespace).guards,
    noteRefused(policy, refused) {
      const key = formatKey(policy);
      const text = JSON.stringify(refused);
      if (text === JSON.stringify(refusals.get(key) ?? [])) return;
      const concerned = [...(refusals.get(key) ?? []), ...refused].flatMap(({ reasons }) => guardsOf([{ reasons }]));
      if (refused.length === 0) refusals.delete(key);
      else refusals.set(key, refused);
      for (const guard of new Set(concerned)) wakeGuard(guard);
    },
    refusedBy: (guard) => [...refusals].flatMap(([policy, refused]) => refused.flatMap((one) => listRefused(policy, one, guard))),
    forAutomation: (automation, signal) => new GuardAsker(shared, automation, signal),
  };
}

/** What one guard has against a tag that was not picked. */
function listRefused(policy: string, { tag, digest, reasons }: RefusedTag, guard: string): GuardedBump[] {
  const candidate = digest === null ? tag : `${tag}@${digest}`;
  const own = reasons.filter((reason) => reason.guard !== null && formatKey(reason.guard) === guard);
  return own.map(({ reason, message }) => ({ policy, candidate, decision: 'Refuse', reason, message }));
}
