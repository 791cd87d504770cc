import { type FileProblem, formatKey } from '../core/index.ts';
import { describeProblems } from '../policies/index.ts';
import { cleanLine, cleanText } from './clean-text.ts';
import { describeRollout, type PlannedRollout } from './plan/plan-rollout.ts';
import type { FileChange, StoppedEdit } from './plan-folder.ts';
import { formatValue, type OutputFormat } from './print-objects.ts';
import { createProgress } from './progress.ts';
import type { OpenedRequest } from './pull-request/deliver-request.ts';
import type { Terminal } from './terminal.ts';
import { unifiedDiff } from './unified-diff.ts';

export interface UpdateOutcome {
  /** `shownAs` is the file as the command line names it. */
  readonly changes: readonly (FileChange & { readonly shownAs: string })[];
  readonly stopped: readonly (StoppedEdit & { readonly shownAs: string })[];
  readonly problems: readonly FileProblem[];
  readonly warnings: readonly FileProblem[];
  /** The pull request that brings the changes, in place of files that are written. */
  readonly request: OpenedRequest | null;
  /** What Kustomizations would make of the changes. */
  readonly rollouts: readonly PlannedRollout[];
  /** What happened to requests that have nothing to bring any more. */
  readonly news: readonly string[];
}

/** The answer on stdout (changes, a diff, or a value), all that needs attention on stderr. */
export function printUpdate(
  outcome: UpdateOutcome,
  { dryRun = false, output }: { dryRun?: boolean; output?: OutputFormat },
  terminal: Terminal,
): void {
  if (output !== undefined) terminal.answer(formatValue(toValue(outcome, dryRun), output));
  else for (const change of outcome.changes) terminal.answer(dryRun ? formatDiff(change, terminal) : formatChange(change));
  if (output === undefined)
    for (const rollout of outcome.rollouts) terminal.answer(cleanText(describeRollout(rollout).join('\n')));
  const progress = createProgress(terminal);
  for (const warning of outcome.warnings) progress.warning(describeProblems([warning]));
  for (const stopped of outcome.stopped) progress.warning(formatStopped(stopped));
  for (const problem of outcome.problems) progress.failure(describeProblems([problem]));
  if (output === undefined && outcome.changes.length === 0) terminal.note('nothing to change');
  for (const line of outcome.news) progress.success(line);
  if (outcome.request !== null) progress.success(`${outcome.request.what}: ${outcome.request.url}`);
}

function formatStopped({ edit: { marker, before, after }, verdict, shownAs }: UpdateOutcome['stopped'][number]): string {
  const stays = `${cleanLine(shownAs)}:${marker.line}: ${cleanLine(before)} stays: ${verdict.because}`;
  if (verdict.kind !== 'held') return stays;
  return `${stays}; ${cleanLine(after)} is held: a newer tag goes on by itself, --ignore-holds lands this one`;
}

function formatChange({ edits, shownAs }: UpdateOutcome['changes'][number]): string {
  const lines = edits.map(
    ({ marker, before, after }) =>
      `${cleanLine(shownAs)}:${marker.line}  ${cleanLine(before)} -> ${cleanLine(after)}  (${formatKey(marker.policy)})`,
  );
  return lines.join('\n');
}

/** Exact for a file or a pipe, so that it can be applied; without what could drive a terminal for a person. */
function formatDiff({ file, after }: FileChange, { isInteractive, paint }: Terminal): string {
  const diff = unifiedDiff(file.path, file.text, after);
  if (!isInteractive) return diff;
  const colour = (line: string) => (line.startsWith('+') ? paint.good(line) : line.startsWith('-') ? paint.bad(line) : line);
  return cleanText(diff).split('\n').map(colour).join('\n');
}

function toValue(
  { changes, stopped, problems, warnings, request, rollouts }: UpdateOutcome,
  dryRun: boolean,
): Record<string, unknown> {
  const describe = (shownAs: string, { marker, before, after }: StoppedEdit['edit']) => {
    const { line, column, policy, part, object, path } = marker;
    return { file: shownAs, line, column, policy: formatKey(policy), part, object, path, before, after };
  };
  const ofKind = (kind: StoppedEdit['verdict']['kind']) =>
    stopped.flatMap(({ edit, verdict, shownAs }) => {
      const by = verdict.kind === 'held' ? { by: verdict.hold.by } : {};
      return verdict.kind === kind ? [{ ...describe(shownAs, edit), because: verdict.because, ...by }] : [];
    });
  return {
    written: !dryRun && request === null,
    ...(request === null ? {} : { request }),
    changes: changes.flatMap(({ edits, shownAs }) => edits.map((edit) => describe(shownAs, edit))),
    held: ofKind('held'),
    refused: ofKind('refused'),
    unreadable: ofKind('unreadable'),
    ...(rollouts.length === 0 ? {} : { rollouts }),
    problems,
    warnings,
  };
}
