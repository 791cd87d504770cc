import { formatKey, type Hold, type NamespacedName, type Oid, type Store } from '../core/index.ts';
import type { LastPush, PushedEdit } from '../hold/index.ts';

/** What an automation keeps beside its status, for the case that rewritten history cannot answer any more. */
export interface AutomationMemory {
  readonly lastPush?: { readonly commit: Oid; readonly edits: readonly PushedEdit[] };
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
    drop: (automation) => store.delete(at(automation)),
  };
}

/** The last push as status names it; what it wrote is known only if this state folder saw it. */
export function lastPushOf(commit: Oid | undefined, memory: AutomationMemory): LastPush | undefined {
  if (commit === undefined) return undefined;
  return memory.lastPush?.commit === commit ? memory.lastPush : { commit };
}
