import type { GitRepository, ImagePolicy, Kustomization, Rollout } from '../api/index.ts';
import { healthOf } from '../apply/index.ts';
import {
  type Edit,
  formatKey,
  formatTime,
  type KubeObject,
  keyOf,
  type NamespacedName,
  type StepContext,
} from '../core/index.ts';
import { remoteKey } from '../git/index.ts';
import { fingerprintOf, imageOfChanges, masksOf } from '../rollout/index.ts';
import { concurrently } from './concurrently.ts';
import { sourceRefOf } from './kustomization-spec.ts';
import type { RolloutSight } from './rollout-deps.ts';
import { findWorkloads } from './rollout-workloads.ts';

/** A workload that was healthy right before a bump of this policy was pushed. */
export type Baseline = NonNullable<Rollout['spec']['before']>[number] & { readonly policy: string };

/** How the workloads that these edits will change do now. What cannot be seen is left out: it is then not known to have been healthy. */
export async function readBaselines(
  edits: readonly Edit[],
  repository: string,
  context: StepContext,
  deps: RolloutSight,
): Promise<Baseline[]> {
  const kustomizations = await kustomizationsOn(repository, deps);
  const byPolicy = [...Map.groupBy(edits, ({ marker }) => formatKey(marker.policy)).values()];
  const pairs = byPolicy.flatMap((group) => kustomizations.map((kustomization) => ({ group, kustomization })));
  const found = await concurrently(pairs, 4, ({ group, kustomization }) =>
    readBaseline(group, kustomization, context, deps).catch(() => {
      context.signal.throwIfAborted();
      return [];
    }),
  );
  return found.flat();
}

async function readBaseline(
  edits: readonly Edit[],
  kustomization: Kustomization,
  context: StepContext,
  deps: RolloutSight,
): Promise<Baseline[]> {
  const [first] = edits;
  if (first === undefined) return [];
  const { policy } = first.marker;
  const changes = edits.map(({ marker, before, after }) => ({ ...marker, from: before, to: after }));
  const image = imageOfChanges(changes, imageNameOf(deps.findPolicy(policy)));
  const masks = masksOf(changes, image);
  const cluster = await deps.clusterOf(kustomization, context.signal);
  const { workloads } = await findWorkloads(kustomization, image.name, { cluster, signal: context.signal });
  const now = context.clock.now();
  return workloads
    .filter((workload) => readyPodsOf(workload) > 0 && healthOf(workload, now).status === 'Current')
    .map((workload) => ({
      policy: formatKey(policy),
      kustomization: keyOf(kustomization),
      ...identify(workload),
      fingerprint: fingerprintOf(workload, masks),
      healthyAt: formatTime(now),
    }));
}

/** What a policy calls its image; '' where it never picked one. */
export function imageNameOf(policy: ImagePolicy | undefined): string {
  return policy?.status?.latestRef?.name ?? '';
}

export function identify(workload: KubeObject): { kind: string; namespace: string; name: string } {
  return { kind: workload.kind, namespace: workload.metadata.namespace ?? '', name: workload.metadata.name };
}

/** As its controller counts them; a pod counts itself. */
export function readyPodsOf({ kind, ...workload }: KubeObject): number {
  const status = workload['status'] as
    | { readyReplicas?: number; numberReady?: number; ready?: number; conditions?: unknown }
    | undefined;
  if (kind !== 'Pod') return status?.readyReplicas ?? status?.numberReady ?? status?.ready ?? 0;
  const conditions = Array.isArray(status?.conditions) ? (status.conditions as { type?: string; status?: string }[]) : [];
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True') ? 1 : 0;
}

/** The Kustomizations that are built from a git repository, whoever's credentials open it. */
export async function kustomizationsOn(repository: string, deps: RolloutSight): Promise<Kustomization[]> {
  const sources = new Set(sourcesOn(repository, deps).map(keyOf));
  const all = await deps.listKustomizations();
  return all.filter(
    (one) => one.spec.sourceRef.kind === 'GitRepository' && sources.has(formatKey(sourceRefOf(one) as NamespacedName)),
  );
}

export function sourcesOn(repository: string, { listSources }: Pick<RolloutSight, 'listSources'>): GitRepository[] {
  return listSources().filter(({ spec }) => remoteKey(spec.url) === remoteKey(repository));
}
