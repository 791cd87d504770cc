import type { Kustomization } from '../api/index.ts';
import { type Cluster, nameOf } from '../core/index.ts';
import type { DriftWatchers } from './drift-watchers.ts';
import type { KustomizationDeps } from './kustomization-deps.ts';

/** The dependencies as this process was given them, before somebody's identity is taken on. */
export type OwnKustomizationDeps = Omit<KustomizationDeps, 'drift'> & { readonly drift: DriftWatchers };

/** What a Kustomization's requests are made with: as the ServiceAccount that it names, or as this process. */
export type Identities = (kustomization: Kustomization) => KustomizationDeps;

/**
 * Every request about a Kustomization's objects (dry runs, applies, drift, prune, health, deletion) goes through what this returns,
 * so that a tenant gets nothing done that its account may not do.
 */
export function createIdentities(deps: OwnKustomizationDeps): Identities {
  const clusters = new Map<string, Cluster>();
  return (kustomization) => {
    const user = userOf(kustomization);
    const drift = deps.drift.actingAs(nameOf(kustomization), user);
    if (user === null) return { ...deps, drift };
    const cluster = clusters.get(user) ?? deps.cluster.impersonate(user);
    clusters.set(user, cluster);
    return { ...deps, cluster, drift };
  };
}

/** The user name of the ServiceAccount in the Kustomization's own namespace; null where it names none. */
export function userOf(kustomization: Kustomization): string | null {
  const { serviceAccountName = '' } = kustomization.spec;
  return serviceAccountName === '' ? null : `system:serviceaccount:${nameOf(kustomization).namespace}:${serviceAccountName}`;
}
