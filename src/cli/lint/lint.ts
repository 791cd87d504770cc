import { lstatSync, readFileSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileProblem, Instant } from '../../core/index.ts';
import { findMarkers } from '../../edit/index.ts';
import { findPlaintextSecrets, type ReadInput } from '../../sops/index.ts';
import { describeFileError } from '../describe-file-error.ts';
import { CliError } from '../error.ts';
import { exitCode } from '../exit-code.ts';
import { readTree } from '../mark/read-tree.ts';
import type { Session } from '../session.ts';
import { checkMarkers } from './check-markers.ts';
import { checkReferences } from './check-references.ts';
import { checkResource } from './check-resource.ts';
import { type Finding, inOrder, type Rule } from './finding.ts';
import { type LintFormat, printFindings } from './print-findings.ts';
import { type LintedObject, readObjects } from './read-objects.ts';

/** The options of `lint`, as commander parsed them. */
export interface LintOptions {
  readonly warnOnly?: boolean;
  readonly policies?: string;
  readonly namespace?: string;
  readonly format: LintFormat;
}

/** Checks a tree by itself: no cluster and no registry is asked. An error makes the exit code 1, a warning does not. */
export async function lint(path: string, options: LintOptions, session: Session): Promise<void> {
  const root = await openRoot(path);
  const seen = await look(root, options, session);
  const elsewhere = options.policies === undefined ? null : await look(await openRoot(options.policies), options, session);
  const objects = [...seen.objects, ...(elsewhere?.objects ?? []).map((one) => ({ ...one, isElsewhere: true }))];
  const findings = inOrder([
    ...seen.findings,
    ...checkMarkers(seen.markers, objects, options.policies !== undefined),
    ...checkReferences(objects),
    ...withoutRepeated(seen.secrets),
  ]);
  printFindings(findings, { path, format: options.format, textOf: readFrom(root), count: seen.count }, session.terminal);
  if (options.warnOnly !== true && findings.some(({ severity }) => severity === 'error')) session.exitCode = exitCode.failed;
}

async function openRoot(path: string): Promise<string> {
  try {
    const root = await realpath(path);
    if (!(await stat(root)).isDirectory()) throw new Error('it is no folder');
    return root;
  } catch (cause) {
    throw new CliError('USAGE', `${join(path)}: ${describeFileError(cause)}`, cause);
  }
}

interface Sight {
  readonly findings: readonly Finding[];
  readonly objects: readonly LintedObject[];
  readonly markers: Parameters<typeof checkMarkers>[0];
  readonly secrets: readonly Finding[];
  /** Files that were looked at. */
  readonly count: number;
}

async function look(root: string, { namespace = 'default' }: LintOptions, { terminal, clock }: Session): Promise<Sight> {
  const unreadable: FileProblem[] = [];
  const findings: Finding[] = [];
  const objects: LintedObject[] = [];
  const markers: Sight['markers'][number][] = [];
  const secrets: Finding[] = [];
  const readInput = readFrom(root);
  let count = 0;
  for await (const { path, text } of readTree(root, unreadable, terminal)) {
    count += 1;
    secrets.push(...found('secret', findPlaintextSecrets([{ path, text }], readInput)));
    const file = findMarkers(path, text);
    markers.push(...file.markers);
    if (isTemplate(text, file.problems)) continue;
    findings.push(...file.problems.map(asFinding(file.problems[0]?.message.startsWith('not valid YAML') ? 'syntax' : 'marker')));
    const own = readObjects({ file: path, text, namespace });
    findings.push(...own.findings, ...own.objects.flatMap((object) => checkResource(object, clock.now() as Instant)));
    objects.push(...own.objects);
  }
  return { findings: [...findings, ...found('unreadable', unreadable)], objects, markers, secrets, count };
}

/** An input of two generators, or one that has a key in it too, is one finding. */
function withoutRepeated(findings: readonly Finding[]): Finding[] {
  const placeOf = ({ file, line, message }: Finding) => `${file}:${line}:${message}`;
  return [...new Map(findings.map((one) => [placeOf(one), one] as const)).values()];
}

/** Texts are read when they are asked for: a tree of any size is looked at file by file. */
function readFrom(root: string): ReadInput {
  return (path) => {
    try {
      const file = join(root, path);
      const found = lstatSync(file);
      return found.isFile() && found.size <= maxInputBytes ? readFileSync(file, 'utf8') : null;
    } catch {
      return null;
    }
  };
}

const maxInputBytes = 5 * 1024 * 1024;

/** A template of another tool is no YAML yet. */
function isTemplate(text: string, problems: readonly FileProblem[]): boolean {
  return text.includes('{{') && problems[0]?.message.startsWith('not valid YAML') === true;
}

function found(rule: Rule, problems: readonly FileProblem[]): Finding[] {
  return problems.map(asFinding(rule));
}

function asFinding(rule: Rule) {
  return ({ file, line = 1, column = 1, message }: FileProblem): Finding => ({
    file,
    line,
    column,
    severity: 'error',
    rule,
    message,
  });
}
