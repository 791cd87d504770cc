import { formatDuration, formatTime, type Instant } from '../core/index.ts';

/** One entry of `status.history`. */
export interface HistoryEntry {
  readonly digest: string;
  readonly firstReconciled: string;
  readonly lastReconciled: string;
  readonly lastReconciledDuration: string;
  readonly lastReconciledStatus: string;
  readonly totalReconciliations: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface HistoryRun {
  /** Of the whole build. */
  readonly digest: string;
  /** The Ready reason it ended with. */
  readonly status: string;
  readonly durationMs: number;
  readonly at: Instant;
  /** `revision`, `originRevision`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const maxEntries = 5;

/** The history with a run in front: the same digest and status is one entry that counts. At most five are kept. */
export function upsertHistory(history: readonly HistoryEntry[], run: HistoryRun): HistoryEntry[] {
  const isSame = (entry: HistoryEntry) => entry.digest === run.digest && entry.lastReconciledStatus === run.status;
  const before = history.find(isSame);
  const at = formatTime(run.at);
  const entry: HistoryEntry = {
    digest: run.digest,
    firstReconciled: before?.firstReconciled ?? at,
    lastReconciled: at,
    lastReconciledDuration: formatDuration(run.durationMs),
    lastReconciledStatus: run.status,
    totalReconciliations: (before?.totalReconciliations ?? 0) + 1,
    ...(run.metadata === undefined ? {} : { metadata: run.metadata }),
  };
  return [entry, ...history.filter((other) => !isSame(other))].slice(0, maxEntries);
}
