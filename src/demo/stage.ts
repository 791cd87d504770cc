import type { Cluster } from '../core/index.ts';
import type { WorkTree } from './work-tree.ts';

/** What the scenes are played on: embedded parts for a newcomer, real ones in the cluster tests. */
export interface Stage {
  /** Where the resources live and the workloads go, looked at and changed as `kubectl` would. */
  readonly cluster: Cluster;
  /** A person's clone of the repository that the cluster follows. */
  readonly clone: WorkTree;
  /** Host of the registry, as manifests name it. */
  readonly registryHost: string;
  /** Pushes an image of the repository `web` under this tag. */
  pushImage(tag: string): Promise<void>;
}

/** Waits for something to become true, and tells how long it took. */
export interface Patience {
  until<T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T>;
}

const everyMs = 10;

/** Looks again and again until `look` answers, for at most `limitMs`; the error names what did not come. */
export function createPatience(limitMs: number, onWaiting: (what: string) => void): Patience {
  return {
    async until(what, look) {
      onWaiting(what);
      const end = Date.now() + limitMs;
      for (;;) {
        const found = await look();
        if (found) return found;
        if (Date.now() > end) throw new Error(`waited ${Math.round(limitMs / 1000)} s in vain for ${what}`);
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
    },
  };
}
