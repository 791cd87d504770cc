import {
  type GitRepository,
  gitRepositoryKind,
  type ImagePolicy,
  type ImageUpdateAutomation,
  imagePolicyKind,
  imageUpdateAutomationKind,
  type Kustomization,
  kustomizationKind,
  type Rollout,
  rolloutKind,
  type UpdateGuard,
  updateGuardKind,
} from '../api/index.ts';
import type { CheckAddress, CloudLogins } from '../auth/index.ts';
import type { Clock, Cluster, GroupVersionKind, Registry, Store } from '../core/index.ts';
import { type Engine, type EventRecorder, ObjectCache, type Registration } from '../engine/index.ts';
import { createExpressions } from '../expression/index.ts';
import { createGuardDesk, type GuardDesk } from './guard-desk.ts';
import { createGates } from './guard-gates.ts';
import { createNatureChecks } from './guard-nature.ts';
import { type GuardWakeDeps, isGuardNews, updateGuardWakes } from './guard-wakes.ts';
import type { PolicyGuards } from './guarded-selection.ts';
import type { RemoteClusters } from './kustomization-remote.ts';
import { createUpdateGuardReconciler } from './update-guard.ts';

export interface GuardRegistration {
  readonly engine: Engine;
  readonly registration: Registration;
  readonly home: Cluster;
  readonly registry: Registry;
  readonly logins: CloudLogins;
  readonly store: Store;
  readonly clock: Clock;
  readonly remotes: RemoteClusters;
  readonly checkAddress: CheckAddress;
  /** Where the guards live that bind every namespace. */
  readonly guardNamespace: string;
  readonly noCrossNamespaceRefs?: boolean;
  /** The one namespace whose objects are followed; absent = all. */
  readonly namespace?: string;
  readonly releaseEveryMs?: number;
  readonly recorder: EventRecorder;
  /** Whether this process follows a kind anyway: nothing is followed for guards alone. */
  follows(kind: GroupVersionKind): boolean;
}

/** Guards, for whoever lands bumps and whoever picks them. */
export interface Guards extends GuardWakeDeps {
  readonly desk: GuardDesk;
  readonly selection: PolicyGuards;
  /** Resolves when the guards that bind every namespace were listed: nothing lands before. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function registerGuards(options: GuardRegistration): Guards {
  const { engine, registration, home, registry, guardNamespace, namespace } = options;
  const elsewhere = namespace === undefined || namespace === guardNamespace ? null : new ObjectCache(updateGuardKind);
  const listPolicies = () => engine.cache(imagePolicyKind).list() as ImagePolicy[];
  const listAutomations = () => engine.cache(imageUpdateAutomationKind).list() as ImageUpdateAutomation[];
  const listGuards = () => [...engine.cache(updateGuardKind).list(), ...(elsewhere?.list() ?? [])] as UpdateGuard[];
  const listRollouts = () => engine.cache(rolloutKind).list() as Rollout[];
  const expressions = createExpressions({ clock: options.clock });
  const nature = createNatureChecks({ home, registry });
  const gates = createGates({ home, checkAddress: options.checkAddress, expressions });
  const desk = createGuardDesk({
    ...{ ...options, gates, nature, listGuards, listPolicies, listRollouts, wake: engine.wake },
    onReleased: (guard, policies, automation) => tellReleased(guard, policies, automation, options),
  });
  const wakes = { guardNamespace, board: desk.board, listGuards, listPolicies, listAutomations };
  const list = (kind: GroupVersionKind) => (options.follows(kind) ? engine.cache(kind).list() : []);
  const delivery = () => ({
    automations: listAutomations(),
    kustomizations: list(kustomizationKind) as Kustomization[],
    sources: list(gitRepositoryKind) as GitRepository[],
  });
  const reconciler = createUpdateGuardReconciler({ desk, guardNamespace, listPolicies, delivery });
  engine.register(reconciler, { ...registration, wakes: updateGuardWakes(wakes) });
  const stopping = new AbortController();
  return {
    ...{ ...wakes, desk },
    selection: { guardsOf: desk.guardsOf, noteRefused: desk.noteRefused, nature, registry },
    async start() {
      if (elsewhere === null) return;
      elsewhere.subscribe((change) => {
        if (!isGuardNews(change)) return;
        for (const object of [...listPolicies(), ...listAutomations()])
          engine.wake(refTo(object), 'a guard of all namespaces changed');
      });
      void elsewhere.follow(home, guardNamespace, stopping.signal).catch(() => {}); // `synced` tells
      await elsewhere.synced;
    },
    async stop() {
      stopping.abort(new Error('shutting down'));
      await Promise.all([expressions.close(), options.recorder.flush()]);
    },
  };
}

function refTo({ kind, metadata }: ImagePolicy | ImageUpdateAutomation): { kind: string; namespace: string; name: string } {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name };
}

function tellReleased(
  guard: string,
  policies: readonly string[],
  automation: ImageUpdateAutomation,
  { recorder }: Pick<GuardRegistration, 'recorder'>,
): void {
  const message = `UpdateGuard ${guard} was deleted; what waited for it lands one by one: ${policies.join(', ')}`;
  recorder.record(automation, { type: 'Warning', reason: 'GuardDeleted', message });
}
