import { formatKey, type KubeObject } from '../core/index.ts';
import { type HeldLine, parseHeldLine } from '../hold/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { findObjects } from './find-objects.ts';
import type { GetOptions } from './get-objects.ts';
import { conditionOf, viewOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { formatValue } from './print-objects.ts';
import type { Session } from './session.ts';
import { formatTable } from './table.ts';

/** One line of an automation's condition `Held`; `hold` is null for a line that only counts what did not fit. */
export interface ShownHold {
  readonly namespace: string;
  readonly automation: string;
  readonly hold: HeldLine | null;
  readonly message: string;
}

/** Prints what is held, by automation. */
export async function getHolds(options: GetOptions, target: ClusterOptions, session: Session): Promise<void> {
  await withCluster(target, session, async (cluster) => {
    const query = { namespace: target.namespace, allNamespaces: options.allNamespaces ?? false };
    const automations = await findObjects(cluster, viewOf('ImageUpdateAutomation'), query, session.signal);
    const shown = automations.flatMap(holdsOf);
    if (options.output !== undefined) return session.terminal.answer(formatValue(shown.map(toValue), options.output));
    const holds = shown.flatMap(({ hold, ...where }) => (hold === null ? [] : [{ ...where, hold }]));
    if (holds.length === 0) session.terminal.note('nothing is held');
    else session.terminal.answer(formatHolds(holds, options));
    for (const { hold, automation, message } of shown) if (hold === null) session.terminal.note(`${automation}: ${message}`);
  });
}

/** What an automation's condition says is held. */
export function holdsOf(automation: KubeObject): ShownHold[] {
  const held = conditionOf(automation, 'Held');
  if (held?.status !== 'True') return [];
  const { namespace = '', name } = automation.metadata;
  return held.message.split('\n').map((message) => ({ namespace, automation: name, hold: parseHeldLine(message), message }));
}

function formatHolds(
  holds: readonly (ShownHold & { readonly hold: HeldLine })[],
  { allNamespaces, header = true }: GetOptions,
): string {
  const headers = ['automation', 'policy', 'file', 'value', 'current', 'commit', 'author', 'subject'];
  const rows = holds.map(({ namespace, automation, hold: { policy, file, value, current, by } }) => [
    ...(allNamespaces ? [namespace] : []),
    ...[
      automation,
      policy.name,
      file,
      value,
      current ?? '',
      by?.commit ?? '',
      by?.author ?? '',
      by?.subject ?? 'history was rewritten',
    ],
  ]);
  return formatTable(header ? [...(allNamespaces ? ['namespace'] : []), ...headers] : null, rows);
}

function toValue({ namespace, automation, hold, message }: ShownHold): Record<string, unknown> {
  if (hold === null) return { namespace, automation, message };
  return { namespace, automation, ...hold, policy: formatKey(hold.policy) };
}
