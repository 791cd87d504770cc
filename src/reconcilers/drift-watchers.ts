import { formatKey, type NamespacedName } from '../core/index.ts';
import { type DriftWatcher, type DriftWatcherOptions, Watcher } from './kustomization-drift.ts';

export interface DriftWatchers {
  /**
   * The watcher that sees what a user may see (null: this process), for a Kustomization that is from now on applied as that user.
   * What was followed for it as another one is forgotten.
   */
  actingAs(owner: NamespacedName, user: string | null): DriftWatcher;
  stop(): Promise<void>;
}

/** A drift watcher for each identity that applies: nobody learns of an object through a watch that he may not have. */
export function createDriftWatchers(options: DriftWatcherOptions): DriftWatchers {
  const watchers = new Map<string | null, Watcher>();
  const users = new Map<string, string | null>();
  return {
    actingAs(owner, user) {
      const before = users.get(formatKey(owner));
      if (before !== undefined && before !== user) watchers.get(before)?.forget(owner);
      users.set(formatKey(owner), user);
      const watcher = watchers.get(user) ?? createFor(user, options);
      watchers.set(user, watcher);
      return watcher;
    },
    async stop() {
      await Promise.all([...watchers.values()].map((watcher) => watcher.stop()));
    },
  };
}

function createFor(user: string | null, options: DriftWatcherOptions): Watcher {
  const { cluster } = options;
  return new Watcher({ ...options, cluster: user === null ? cluster : cluster.impersonate(user) });
}
