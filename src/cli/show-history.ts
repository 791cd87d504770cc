import type { Rollout } from '../api/index.ts';
import { formatDuration } from '../core/index.ts';
import { enteredAt } from '../rollout/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { findObjectsIfServed } from './find-objects.ts';
import type { GetOptions } from './get-objects.ts';
import { viewOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { formatValue } from './print-objects.ts';
import type { Session } from './session.ts';
import { formatTable } from './table.ts';

export interface HistoryOptions extends Pick<GetOptions, 'allNamespaces' | 'header'> {
  readonly output?: 'json' | 'yaml';
}

/** Prints the bumps of an image that are still kept, newest first. Throws NOT_FOUND where there is none. */
export async function showHistory(
  image: string,
  { allNamespaces = false, header = true, output }: HistoryOptions,
  target: ClusterOptions,
  session: Session,
): Promise<void> {
  await withCluster(target, session, async (cluster) => {
    const query = { namespace: target.namespace, allNamespaces };
    const all = (await findObjectsIfServed(cluster, viewOf('Rollout'), query, session.signal)) as Rollout[];
    const own = all.filter((rollout) => isOf(rollout, image)).toSorted(compareNewestFirst);
    if (own.length === 0)
      throw new CliError(
        'NOT_FOUND',
        `no bump of ${image} is known${allNamespaces ? '' : ` in "${target.namespace}" namespace`}`,
      );
    if (output !== undefined) return session.terminal.answer(formatValue(own.map(toLine), output));
    const headers = ['when', 'policy', 'from', 'to', 'who', 'commit', 'push to healthy', 'end'];
    const rows = own
      .map(toLine)
      .map((line) => [
        line.when,
        line.policy,
        line.from,
        line.to,
        line.who,
        line.commit.slice(0, 7),
        line.pushToHealthy,
        line.end,
      ]);
    session.terminal.answer(formatTable(header ? headers : null, rows));
  });
}

/** Commits have whole seconds: of two in one second, the one that took over from the other is newer. */
function compareNewestFirst({ spec: a }: Rollout, { spec: b }: Rollout): number {
  if (a.committedAt !== b.committedAt) return a.committedAt < b.committedAt ? 1 : -1;
  return Number(a.image.tag === b.image.previousTag) - Number(b.image.tag === a.image.previousTag);
}

function isOf({ spec }: Rollout, image: string): boolean {
  return spec.image.name === image || spec.image.name.endsWith(`/${image}`) || spec.policy.name === image;
}

interface HistoryLine {
  readonly when: string;
  readonly namespace: string;
  readonly policy: string;
  readonly from: string;
  readonly to: string;
  readonly who: string;
  readonly commit: string;
  /** From the first sight of the tag, or the selection, or the commit: whichever is known first. */
  readonly pushToHealthy: string;
  readonly end: string;
}

function toLine(rollout: Rollout): HistoryLine {
  const { metadata, spec, status } = rollout;
  return {
    when: spec.committedAt,
    namespace: metadata.namespace ?? '',
    policy: spec.policy.name,
    from: spec.image.previousTag ?? '',
    to: spec.image.tag,
    who: spec.landed?.by ?? spec.automation.name,
    commit: spec.commit,
    pushToHealthy: timeToHealthy(rollout),
    end: describeEnd(status),
  };
}

function timeToHealthy(rollout: Rollout): string {
  const healthyAt = enteredAt(rollout, 'Healthy');
  const { seenAt, selectedAt, committedAt } = rollout.spec;
  const start = Date.parse(seenAt ?? selectedAt ?? committedAt);
  return healthyAt === null || Number.isNaN(start) ? '' : formatDuration(Math.max(0, healthyAt - start));
}

function describeEnd(status: Rollout['status']): string {
  const { phase = 'Committed', undo } = status ?? {};
  if (phase === 'RolledBack')
    return `RolledBack by ${undo?.by ?? 'somebody'}${undo?.commit === undefined ? '' : ` in ${undo.commit.slice(0, 7)}`}`;
  if (phase === 'Failed') return undo?.decision === 'Withheld' ? `Failed, left to people (${undo.reason})` : 'Failed';
  return phase;
}
