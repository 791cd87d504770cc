import { formatKey, type KubeObject } from '../core/index.ts';
import { type HeldLine, parseHeldLine, parseUnreadableLine, type UnreadableLine } from '../hold/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { findObjects } from './find-objects.ts';

import { conditionOf, viewOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { formatValue, type OutputFormat } from './print-objects.ts';
import type { Session } from './session.ts';
import { formatTable } from './table.ts';

/** One line of an automation's condition `Held`, or of `Guarded` about history; without either for a line that only counts what did not fit. */
export interface ShownHold {
  readonly namespace: string;
  readonly automation: string;
  readonly hold: HeldLine | null;
  /** It waits since nobody can say whether it was taken back. */
  readonly unreadable: UnreadableLine | null;
  readonly message: string;
}

/** The options of `get holds`, as commander parsed them. */
export interface HoldsOptions {
  readonly allNamespaces?: boolean;
  readonly header?: boolean;
  readonly output?: OutputFormat;
}

/** Prints what is held, by automation. */
export async function getHolds(options: HoldsOptions, target: ClusterOptions, session: Session): Promise<void> {
  await withCluster(target, session, async (cluster) => {
    const query = { namespace: target.namespace, allNamespaces: options.allNamespaces ?? false };
    const automations = await findObjects(cluster, viewOf('ImageUpdateAutomation'), query, session.signal);
    const shown = automations.flatMap(holdsOf);
    if (options.output !== undefined) return session.terminal.answer(formatValue(shown.map(toValue), options.output));
    const rows = shown.filter(({ hold, unreadable }) => hold !== null || unreadable !== null);
    if (rows.length === 0) session.terminal.note('nothing is held');
    else session.terminal.answer(formatHolds(rows, options));
    for (const { hold, unreadable, automation, message } of shown)
      if (hold === null && unreadable === null) session.terminal.note(`${automation}: ${message}`);
  });
}

/** What an automation's conditions say is held, or waits for history. */
export function holdsOf(automation: KubeObject): ShownHold[] {
  const { namespace = '', name } = automation.metadata;
  const linesOf = (type: string) => {
    const condition = conditionOf(automation, type);
    return condition?.status === 'True' ? condition.message.split('\n') : [];
  };
  const where = { namespace, automation: name };
  const held = linesOf('Held').map((message) => ({ ...where, hold: parseHeldLine(message), unreadable: null, message }));
  const waiting = linesOf('Guarded').flatMap((message) => {
    const unreadable = parseUnreadableLine(message);
    return unreadable === null ? [] : [{ ...where, hold: null, unreadable, message }];
  });
  return [...held, ...waiting];
}

function formatHolds(holds: readonly ShownHold[], { allNamespaces, header = true }: HoldsOptions): string {
  const headers = ['automation', 'policy', 'file', 'value', 'current', 'commit', 'author', 'subject'];
  const rows = holds.map(({ namespace, automation, hold, unreadable }) => [
    ...(allNamespaces ? [namespace] : []),
    automation,
    ...(hold === null ? unreadableCells(unreadable) : heldCells(hold)),
  ]);
  return formatTable(header ? [...(allNamespaces ? ['namespace'] : []), ...headers] : null, rows);
}

function heldCells({ policy, file, value, current, by }: HeldLine): string[] {
  return [policy.name, file, value, current ?? '', by?.commit ?? '', by?.author ?? '', by?.subject ?? 'history was rewritten'];
}

/** Nothing is known of commits there: the sentence stands in their place. */
function unreadableCells(unreadable: UnreadableLine | null): string[] {
  const [, file = '', because = ''] = /^(.*?:\d+): (.*)$/.exec(unreadable?.because ?? '') ?? [];
  return [unreadable?.policy.name ?? '', file, '', '', '', '', `HistoryUnavailable: ${because || (unreadable?.because ?? '')}`];
}

function toValue({ namespace, automation, hold, unreadable, message }: ShownHold): Record<string, unknown> {
  if (unreadable !== null)
    return { namespace, automation, reason: 'HistoryUnavailable', ...unreadable, policy: formatKey(unreadable.policy) };
  if (hold === null) return { namespace, automation, message };
  return { namespace, automation, ...hold, policy: formatKey(hold.policy) };
}
