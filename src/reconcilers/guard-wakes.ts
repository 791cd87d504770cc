import { isDeepStrictEqual } from 'node:util';
import {
  type ImagePolicy,
  type ImageUpdateAutomation,
  imagePolicyKind,
  type Rollout,
  rolloutKind,
  type UpdateGuard,
  updateGuardKind,
} from '../api/index.ts';
import { formatKey, type KubeObject, keyOf } from '../core/index.ts';
import type { ObjectChange, WakeRule } from '../engine/index.ts';
import type { GuardReasonCode } from '../guard/index.ts';
import type { GuardBoard } from './guard-board.ts';

export interface GuardWakeDeps {
  readonly guardNamespace: string;
  readonly board: GuardBoard;
  listGuards(): readonly UpdateGuard[];
  listPolicies(): readonly ImagePolicy[];
  listAutomations(): readonly ImageUpdateAutomation[];
}

/** A guard runs when another one, or a policy that it may select, changed. */
export function updateGuardWakes(deps: GuardWakeDeps): WakeRule[] {
  return [
    {
      on: updateGuardKind,
      because: 'another guard changed',
      keys: (change) => (isSame(change, guardFacts) ? [] : deps.listGuards().map(keyOf)),
    },
    {
      on: imagePolicyKind,
      because: 'an image policy changed',
      keys: (change) => (isSame(change, policyFacts) ? [] : deps.listGuards().filter(reaches(change, deps)).map(keyOf)),
    },
  ];
}

/** A policy runs when a guard changed that may look at what it picks. */
export function policyGuardWakes(deps: GuardWakeDeps): WakeRule[] {
  return [whenGuardChanges(deps, () => deps.listPolicies())];
}

/** An automation runs when a guard changed that may bind its policies, and when a Rollout tells what one of its bumps waits for. */
export function automationGuardWakes(deps: GuardWakeDeps): WakeRule[] {
  return [
    whenGuardChanges(deps, () => deps.listAutomations()),
    {
      on: rolloutKind,
      because: 'a rollout changed that a guard counts',
      keys: (change) => (isSame(change, rolloutFacts) ? [] : automationsThatWaitForRollouts(deps.board)),
    },
  ];
}

const toldByRollouts = new Set<GuardReasonCode>(['RequirementUnmet', 'LimitReached']);

function automationsThatWaitForRollouts(board: GuardBoard): string[] {
  const waiting = board.all().filter(({ reasons }) => reasons.some(({ reason }) => toldByRollouts.has(reason)));
  return [...new Set(waiting.map(({ automation }) => formatKey(automation)))];
}

function whenGuardChanges({ guardNamespace }: GuardWakeDeps, list: () => readonly KubeObject[]): WakeRule {
  return {
    on: updateGuardKind,
    because: 'a guard changed',
    keys: (change) => {
      if (isSame(change, guardFacts)) return [];
      const namespace = namespaceOf(change);
      return list()
        .filter(({ metadata }) => namespace === guardNamespace || metadata.namespace === namespace)
        .map(keyOf);
    },
  };
}

function reaches(change: ObjectChange, { guardNamespace }: GuardWakeDeps): (guard: UpdateGuard) => boolean {
  const namespace = namespaceOf(change);
  return ({ metadata }) => metadata.namespace === guardNamespace || metadata.namespace === namespace;
}

/** Whether a guard says something else now, or came or went: not its status. */
export function isGuardNews(change: ObjectChange): boolean {
  return !isSame(change, guardFacts);
}

function guardFacts(object: KubeObject | null): unknown {
  const guard = object as UpdateGuard | null;
  return [guard?.metadata.uid, guard?.spec, guard?.metadata.annotations];
}

function policyFacts(object: KubeObject | null): unknown {
  const policy = object as ImagePolicy | null;
  return [policy?.metadata.uid, policy?.metadata.labels];
}

/** What is counted, and what is proven. */
function rolloutFacts(object: KubeObject | null): unknown {
  const rollout = object as Rollout | null;
  const workloads = rollout?.status?.workloads?.map(({ state, digest, healthySince }) => [state, digest, healthySince]);
  return [rollout?.metadata.uid, rollout?.status?.phase, rollout?.status?.healthySince, workloads];
}

function isSame({ before, after }: ObjectChange, facts: (object: KubeObject | null) => unknown): boolean {
  return isDeepStrictEqual(facts(before), facts(after));
}

function namespaceOf({ before, after }: ObjectChange): string | undefined {
  return (after ?? before)?.metadata.namespace;
}
