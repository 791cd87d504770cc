import { findCondition, type ImagePolicy, type ImageRepository, type Rollout } from '../api/index.ts';

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
