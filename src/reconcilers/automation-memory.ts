import { formatKey, type Hold, type Instant, type NamespacedName, type Oid, type Store } from '../core/index.ts';
import type { LastPush, PushedEdit } from '../hold/index.ts';

/** What an automation keeps beside its status, for the case that rewritten history cannot answer any more. */
export interface AutomationMemory {
  readonly lastPush?: {
    readonly commit: Oid;
    readonly edits: readonly PushedEdit[];
    readonly at: Instant;
    /** Absent where it was the branch that is checked out. */
    readonly branch?: string;
  };
  readonly holds: readonly Hold[];
}

export interface AutomationMemories {
  read(automation: NamespacedName): Promise<AutomationMemory>;
  write(automation: NamespacedName, memory: AutomationMemory): Promise<void>;
  drop(automation: NamespacedName): Promise<void>;
}

const nothing: AutomationMemory = { holds: [] };

export function createAutomationMemories(store: Store): AutomationMemories {
  const written = new Map<string, string>();
  const at = (automation: NamespacedName) => `automations/${formatKey(automation)}.json`;
  return {
    async read(automation) {
      const bytes = await store.read(at(automation));
      try {
        return bytes === null ? nothing : (JSON.parse(bytes.toString('utf8')) as AutomationMemory);
      } catch {
        return nothing;
      }
    },
    async write(automation, memory) {
      const text = JSON.stringify(memory);
      if (written.get(at(automation)) === text) return;
      await store.write(at(automation), text);
      written.set(at(automation), text);
    },
    async drop(automation) {
      written.delete(at(automation));
      await store.delete(at(automation));
    },
  };
}

/**
 * The last push that status or this state folder knows of. What it wrote is known only to the folder, which is written first: after a
 * crash in between it is ahead of status, and a folder from elsewhere may be behind.
 */
export function lastPushOf(
  status: { readonly lastPushCommit?: Oid | undefined; readonly lastPushTime?: string | undefined } | undefined,
  { lastPush }: AutomationMemory,
): LastPush | undefined {
  // What went to another branch says nothing of the one whose history decides.
  const commit =
    status?.lastPushCommit === lastPush?.commit && lastPush?.branch !== undefined ? undefined : status?.lastPushCommit;
  if (lastPush?.branch !== undefined) return undefined;
  if (lastPush === undefined) return commit === undefined ? undefined : { commit };
  const isBehind = commit !== undefined && commit !== lastPush.commit && lastPush.at < Date.parse(status?.lastPushTime ?? '');
  return isBehind ? { commit } : lastPush;
}
