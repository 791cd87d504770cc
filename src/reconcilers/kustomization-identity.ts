import type { Kustomization } from '../api/index.ts';
import { nameOf } from '../core/index.ts';
import type { DriftWatchers } from './drift-watchers.ts';
import type { KustomizationDeps } from './kustomization-deps.ts';
import type { RemoteClusters } from './kustomization-remote.ts';

/** The dependencies as this process was given them, before somebody's identity is taken on. */
export type OwnKustomizationDeps = Omit<KustomizationDeps, 'drift'> & {
  readonly drift: DriftWatchers;
  readonly remotes: RemoteClusters;
  /** Where a Kustomization names no ServiceAccount: this one of its namespace; absent = this process. */
  readonly defaultServiceAccount?: string;
};

/** What a Kustomization's requests are made with: on the cluster and as the ServiceAccount that it names. */
export type Identities = (kustomization: Kustomization, signal: AbortSignal) => Promise<KustomizationDeps>;

/**
 * Every request about a Kustomization's objects (dry runs, applies, drift, prune, health, deletion) goes through what this returns,
 * so that a tenant gets nothing done that its account may not do. Rejects where another cluster is named that cannot be used.
 */
export function createIdentities(deps: OwnKustomizationDeps): Identities {
  const { defaultServiceAccount, remotes, drift: watchers, self, ...shared } = deps;
  return async (kustomization, signal) => {
    const remote = await remotes.open(kustomization, signal);
    const user = userOf(kustomization, defaultServiceAccount);
    const root = remote?.cluster ?? deps.cluster;
    const open = () => (user === null ? root : root.impersonate(user));
    const key = JSON.stringify([remote?.key ?? null, user]);
    const { cluster, drift } = watchers.actingAs(nameOf(kustomization), { key, open });
    // What this process itself runs as is on its own cluster alone.
    return { ...shared, ...(self === undefined || remote !== null ? {} : { self }), cluster, drift };
  };
}

/** The user name of the ServiceAccount in the Kustomization's own namespace; null where there is none to act as. */
export function userOf(kustomization: Kustomization, defaultServiceAccount = ''): string | null {
  const account = accountOf(kustomization, defaultServiceAccount);
  return account === '' ? null : `system:serviceaccount:${nameOf(kustomization).namespace}:${account}`;
}

/** The ServiceAccount that a Kustomization is applied as; '' for this process itself. */
export function accountOf({ spec }: Kustomization, defaultServiceAccount = ''): string {
  return spec.serviceAccountName === undefined || spec.serviceAccountName === ''
    ? defaultServiceAccount
    : spec.serviceAccountName;
}
