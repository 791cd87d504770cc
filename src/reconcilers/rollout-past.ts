import { findCondition, type ImagePolicy, type ImageRepository, type Rollout } from '../api/index.ts';
import { formatKey, formatTime, type NamespacedName } from '../core/index.ts';
import type { Waiting } from './guard-board.ts';

const secondsOfSelection = 60;

/** What a policy and its image repository still tell of how a tag was found; what they no longer tell is left out. */
export function readPast(
  policy: ImagePolicy | undefined,
  repository: ImageRepository | undefined,
  tag: string,
): Pick<Rollout['spec'], 'seenAt' | 'selectedAt'> {
  if (policy?.status?.latestRef?.tag !== tag) return {};
  // The message of Ready names the tag, so that it changes with it.
  const selectedAt = findCondition(policy.status.conditions, 'Ready')?.lastTransitionTime;
  if (selectedAt === undefined) return {};
  const scannedAt = repository?.status?.lastScanResult?.scanTime;
  const lag = scannedAt === undefined ? Number.NaN : (Date.parse(selectedAt) - Date.parse(scannedAt)) / 1000;
  // A later scan says nothing of when the tag came.
  const isThatScan = scannedAt !== undefined && lag >= 0 && lag <= secondsOfSelection;
  return { selectedAt, ...(isThatScan ? { seenAt: scannedAt } : {}) };
}

/** What a bump waited for until now, as the last run of its automation knew. */
export function readWaits(waiting: readonly Waiting[], policy: NamespacedName, tag: string): Pick<Rollout['spec'], 'waited'> {
  const own = waiting.filter((one) => formatKey(one.policy) === formatKey(policy) && carries(one.candidate, tag));
  const waited = own.flatMap(({ reasons, since }) =>
    reasons.map(({ reason, message }) => ({ reason, message, from: formatTime(since) })),
  );
  return waited.length === 0 ? {} : { waited };
}

function carries(candidate: string, tag: string): boolean {
  return candidate.split('@')[0]?.endsWith(`:${tag}`) === true;
}
