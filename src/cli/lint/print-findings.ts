import { join } from 'node:path';
import { productVersion } from '../../api/index.ts';
import { cleanLine } from '../clean-text.ts';
import { formatValue } from '../print-objects.ts';
import type { Terminal } from '../terminal.ts';
import type { Finding } from './finding.ts';

export type LintFormat = 'text' | 'json' | 'sarif' | 'github';

interface Shown {
  /** As the command line names the tree. */
  readonly path: string;
  readonly format: LintFormat;
  /** What stands in a file now; null where that cannot be read. */
  readonly textOf: (file: string) => string | null;
  /** Files that were looked at. */
  readonly count: number;
}

/** Each finding with its place: for a person with the line and a caret, for CI in the form that it reads. */
export function printFindings(findings: readonly Finding[], shown: Shown, terminal: Terminal): void {
  const placed = findings.map((one) => ({ ...one, file: join(shown.path, one.file) }));
  const count = (severity: Finding['severity']) => findings.filter((one) => one.severity === severity).length;
  const totals = { files: shown.count, errors: count('error'), warnings: count('warning') };
  if (shown.format === 'json') terminal.answer(formatValue({ ...totals, problems: placed }, 'json'));
  else if (shown.format === 'sarif') terminal.answer(formatValue(toSarif(placed), 'json'));
  else if (shown.format === 'github') for (const one of placed) terminal.answer(toWorkflowCommand(one));
  else {
    const textOf = rememberLast(shown.textOf);
    for (const one of findings) terminal.answer(formatFinding(one, shown.path, textOf(one.file) ?? '', terminal));
  }
  terminal.note(`${totals.files} files: ${totals.errors} errors, ${totals.warnings} warnings`);
}

/** Findings come file by file. */
function rememberLast(textOf: Shown['textOf']): Shown['textOf'] {
  let last: { file: string; text: string | null } | null = null;
  return (file) => {
    if (last?.file !== file) last = { file, text: textOf(file) };
    return last.text;
  };
}

function formatFinding(finding: Finding, path: string, text: string, { paint }: Terminal): string {
  const { file, line, column, severity, message, rule } = finding;
  const word = severity === 'error' ? paint.bad('error') : paint.warn('warning');
  const head = `${cleanLine(join(path, file))}:${line}:${column}: ${word}: ${cleanLine(message)} [${rule}]`;
  const source = rule === 'secret' ? undefined : text.split('\n')[line - 1]?.replace(/\r$/, '');
  return source === undefined || source.trim() === '' ? head : `${head}\n${caretBelow(source, column)}`;
}

const widest = 160;

/** The line and a caret below the column; of a long line the part around it. */
function caretBelow(source: string, column: number): string {
  const from = Math.max(0, Math.min(column - 1 - widest / 2, source.length - widest));
  const part = cleanLine(source.slice(from, from + widest).replaceAll('\t', ' '));
  return `    ${part}\n    ${' '.repeat(Math.max(0, column - 1 - from))}^`;
}

/** https://docs.github.com/actions: a workflow command, with what would end it escaped. */
function toWorkflowCommand({ file, line, column, severity, message, rule }: Finding): string {
  const text = (value: string) => cleanLine(value).replaceAll('%', '%25');
  const property = (value: string) => text(value).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return `::${severity} file=${property(file)},line=${line},col=${column},title=${rule}::${text(message)}`;
}

/** SARIF 2.1.0, as code scanning reads it. */
function toSarif(findings: readonly Finding[]): unknown {
  const rules = [...new Set(findings.map(({ rule }) => rule))].map((id) => ({ id }));
  const results = findings.map(({ file, line, column, severity, rule, message }) => ({
    ...{ ruleId: rule, level: severity, message: { text: message } },
    locations: [
      { physicalLocation: { artifactLocation: { uri: encodeURI(file) }, region: { startLine: line, startColumn: column } } },
    ],
  }));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'tagalong', version: productVersion, rules } }, results }],
  };
}
