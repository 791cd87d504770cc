import { type Cluster, formatKey, type NamespacedName } from '../core/index.ts';
import type { DriftWatcher, DriftWatcherOptions } from './drift-watcher.ts';
import { Watcher } from './kustomization-drift.ts';

/** A cluster as somebody sees it. */
export interface Identity {
  /** The same for the same cluster and user. */
  readonly key: string;
  open(): Cluster;
}

export interface Acting {
  readonly cluster: Cluster;
  /** Sees what this identity may see. */
  readonly drift: DriftWatcher;
}

export interface DriftWatchers {
  /**
   * A Kustomization is from now on applied with this identity. What was followed for it with another one is forgotten, and what nobody
   * uses any more is ended.
   */
  actingAs(owner: NamespacedName, identity: Identity): Acting;
  forget(owner: NamespacedName): void;
  stop(): Promise<void>;
}

interface Known extends Acting {
  readonly drift: Watcher;
  readonly owners: Set<string>;
}

/** A drift watcher for each identity that applies: nobody learns of an object through a watch that he may not have. */
export function createDriftWatchers(options: Omit<DriftWatcherOptions, 'cluster'>): DriftWatchers {
  const known = new Map<string, Known>();
  const leave = (owner: NamespacedName, except?: string) => {
    for (const [key, { drift, owners }] of known) {
      if (key === except || !owners.delete(formatKey(owner))) continue;
      drift.forget(owner);
      if (owners.size === 0) known.delete(key);
    }
  };
  return {
    actingAs(owner, { key, open }) {
      leave(owner, key);
      const acting = known.get(key) ?? start(open(), options);
      known.set(key, acting);
      acting.owners.add(formatKey(owner));
      return acting;
    },
    forget: (owner) => leave(owner),
    async stop() {
      await Promise.all([...known.values()].map(({ drift }) => drift.stop()));
    },
  };
}

function start(cluster: Cluster, options: Omit<DriftWatcherOptions, 'cluster'>): Known {
  return { cluster, drift: new Watcher({ ...options, cluster }), owners: new Set() };
}
