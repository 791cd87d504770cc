import { join } from 'node:path';
import type { FileProblem } from '../../core/index.ts';
import { formatMarker } from '../../edit/index.ts';
import { describeProblems } from '../../policies/index.ts';
import { cleanLine, cleanText } from '../clean-text.ts';
import { formatValue } from '../print-objects.ts';
import { createProgress } from '../progress.ts';
import type { OpenedRequest } from '../pull-request/deliver-request.ts';
import type { Terminal } from '../terminal.ts';
import { unifiedDiff } from '../unified-diff.ts';
import type { Assignment, LeftField } from './assign-policies.ts';
import type { MarkedFile } from './mark.ts';
import type { NewFile } from './render-policies.ts';

export interface MarkOutcome {
  /** As the command line names the tree. */
  readonly path: string;
  readonly marked: readonly MarkedFile[];
  readonly created: readonly NewFile[];
  readonly assignment: Assignment;
  /** Values that had a marker. */
  readonly already: number;
  readonly problems: FileProblem[];
  /** Files that were looked at. */
  readonly count: number;
  readonly templates: number;
}

interface Shown {
  readonly write?: boolean;
  readonly output?: 'json';
  readonly request: OpenedRequest | null;
}

/** A diff, or what was written; what is left on stderr, each with its place and the reason. */
export function printMark(outcome: MarkOutcome, shown: Shown, terminal: Terminal): void {
  const progress = createProgress(terminal);
  if (shown.output === 'json') terminal.answer(formatValue(toValue(outcome, shown), 'json'));
  else if (shown.write === true || shown.request !== null) for (const line of linesOf(outcome)) terminal.answer(line);
  else for (const diff of diffsOf(outcome)) terminal.answer(paintDiff(diff, terminal));
  for (const one of outcome.assignment.left) progress.warning(`${placeOf(outcome.path, one.field)}: ${describeLeft(one)}`);
  for (const problem of outcome.problems)
    progress.failure(describeProblems([{ ...problem, file: join(outcome.path, problem.file) }]));
  const { additions, left } = outcome.assignment;
  terminal.note(
    cleanText(
      `${outcome.count} files: ${additions.length} values ${shown.write === true || shown.request !== null ? 'marked' : 'to mark'}, ${outcome.already} marked already, ${left.length} left, ${outcome.created.length} policies ${shown.write === true || shown.request !== null ? 'written' : 'to write'}${outcome.templates > 0 ? `; ${outcome.templates} templates passed over` : ''}`,
    ),
  );
  if (shown.request !== null) progress.success(`${shown.request.what}: ${shown.request.url}`);
}

function linesOf({ path, assignment, created }: MarkOutcome): string[] {
  return [
    ...created.map((file) => cleanLine(join(path, file.path))),
    ...assignment.additions.map(({ field, policy }) =>
      cleanLine(`${placeOf(path, field)}  ${field.value}  ${formatMarker(policy, field.part)}`),
    ),
  ];
}

function describeLeft({ field, because }: LeftField): string {
  return cleanLine(`${field.value}: ${because}`);
}

function placeOf(path: string, { file, line, column }: LeftField['field']): string {
  return `${join(path, file)}:${line}:${column}`;
}

function diffsOf({ marked, created }: MarkOutcome): string[] {
  return [
    ...created.map(({ path, text }) => unifiedDiff(path, '', text).replace(`--- a/${path}`, '--- /dev/null')),
    ...marked.map(({ file, after }) => unifiedDiff(file.path, file.text, after)),
  ];
}

/** Exact for a file or a pipe, so that `git apply` takes it. */
function paintDiff(diff: string, { isInteractive, paint }: Terminal): string {
  if (!isInteractive) return diff;
  const colour = (line: string) => (line.startsWith('+') ? paint.good(line) : line.startsWith('-') ? paint.bad(line) : line);
  return cleanText(diff).split('\n').map(colour).join('\n');
}

function toValue({ path, assignment, created, already, problems, count }: MarkOutcome, { write, request }: Shown): unknown {
  const describe = ({ file, line, column, object, path: at, value, part, image }: LeftField['field']) => ({
    ...{ file: join(path, file), line, column, object, path: at, value, part, image },
  });
  return {
    written: write === true,
    files: count,
    marked: assignment.additions.map(({ field, policy }) => ({
      ...describe(field),
      policy: `${policy.namespace}/${policy.name}`,
      marker: formatMarker(policy, field.part),
    })),
    created: created.map(({ path: file, policies }) => ({
      file: join(path, file),
      policies: policies.map(({ namespace, name, image, proposal }) => ({
        ...{ policy: `${namespace}/${name}`, image, spec: proposal.policy, because: proposal.because },
        ...(proposal.filterTags === undefined ? {} : { filterTags: proposal.filterTags }),
      })),
    })),
    left: assignment.left.map(({ field, because, isOpen, candidates }) => ({ ...describe(field), because, isOpen, candidates })),
    already,
    ...(request === null ? {} : { request }),
    problems,
  };
}
