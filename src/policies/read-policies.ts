import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type Document, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import { findServedKind, parseResource, ValidationError } from '../api/index.ts';
import { errorMessage, type FileProblem, type KubeObject } from '../core/index.ts';
import { PoliciesError } from './error.ts';
import { locateProblems } from './locate-problems.ts';

export interface PolicyObject {
  readonly file: string;
  /** 1-based line of the document's first node. */
  readonly line: number;
  /** As it stands in the file, defaults left to the API. */
  readonly object: KubeObject;
}

export interface Policies {
  readonly objects: readonly PolicyObject[];
  readonly problems: readonly FileProblem[];
  /** Whole texts of the files that have problems: what they mean to hold is not known. */
  readonly suspects: readonly string[];
}

const maxFileBytes = 5 * 1024 * 1024;
/** Kinds without a namespace that may stand in the folder; of other kinds the API server says so. */
const clusterScoped = new Set(['Namespace', 'CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding']);

/**
 * Every object of the `.yaml` and `.yml` files under `folder`. All problems are collected, with file and line; an object with a problem
 * is left out, so that one bad file stops nothing else. Objects that name no namespace get `namespace`. Throws only when the folder cannot be read.
 */
export async function readPolicies(folder: string, namespace = 'default'): Promise<Policies> {
  const objects: PolicyObject[] = [];
  const problems: FileProblem[] = [];
  const suspects: string[] = [];
  for (const file of await findFiles(folder)) {
    const text = (await readFile(join(folder, file))).toString('utf8');
    const before = problems.length;
    if (text.length > maxFileBytes) problems.push({ file, message: `the file has more than ${maxFileBytes} bytes` });
    else readDocuments({ file, text, namespace }, objects, problems);
    if (problems.length > before) suspects.push(text);
  }
  return { objects: dropRepeated(objects, problems), problems, suspects };
}

/** The same for the text of one file. An object with a problem is left out. */
export function readPolicyText(from: PolicyFile): Omit<Policies, 'suspects'> {
  const objects: PolicyObject[] = [];
  const problems: FileProblem[] = [];
  readDocuments(from, objects, problems);
  return { objects, problems };
}

/** `policies/web.yaml:3:7: message`, one line a problem. */
export function describeProblems(problems: readonly FileProblem[]): string {
  return problems
    .map(
      ({ file, line, column, message }) => `${[file, line, column].filter((part) => part !== undefined).join(':')}: ${message}`,
    )
    .join('\n');
}

async function findFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name));
    return files.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')).sort();
  } catch (cause) {
    throw new PoliciesError('UNREADABLE_FOLDER', `reading the folder of policies ${folder}: ${errorMessage(cause)}`, {
      cause,
      retry: 'never',
    });
  }
}

export interface PolicyFile {
  /** How problems name it. */
  readonly file: string;
  readonly text: string;
  readonly namespace: string;
}

function readDocuments(from: PolicyFile, objects: PolicyObject[], problems: FileProblem[]): void {
  const { file, text } = from;
  const lines = new LineCounter();
  // Kubernetes reads YAML 1.1: an unquoted yes is true.
  for (const document of parseAllDocuments(text, { lineCounter: lines, version: '1.1', merge: true })) {
    const errors = document.errors.map((error) => ({
      file,
      ...positionOf(error.linePos?.[0]),
      message: error.message.split('\n')[0] ?? '',
    }));
    problems.push(...errors);
    if (errors.length === 0 && !isEmpty(document)) readDocument(from, document, lines, objects, problems);
  }
}

/** Nothing, or comments alone. */
function isEmpty({ contents }: Document): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

function readDocument(
  { file, namespace }: PolicyFile,
  document: Document,
  lines: LineCounter,
  objects: PolicyObject[],
  problems: FileProblem[],
): void {
  const { line, col: column } = lines.linePos(document.contents?.range?.[0] ?? 0);
  try {
    objects.push({ file, line, object: checkObject(document.toJS({ maxAliasCount: 100 }), namespace) });
  } catch (error) {
    const found =
      error instanceof ValidationError
        ? locateProblems(error, document, lines)
        : [{ line, column, message: errorMessage(error) }];
    problems.push(...found.map((problem) => ({ file, ...problem })));
  }
}

function checkObject(value: unknown, namespace: string): KubeObject {
  if (!isKubeObject(value)) throw new Error('a document needs apiVersion, kind and metadata.name');
  const object = structuredClone(value);
  const served = findServedKind(object);
  if (!clusterScoped.has(object.kind)) object.metadata.namespace ??= namespace;
  if (served !== null) parseResource(served.kind, object);
  return object;
}

function isKubeObject(value: unknown): value is KubeObject {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind, metadata } = value as Partial<KubeObject>;
  return typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata?.name === 'string';
}

function dropRepeated(objects: readonly PolicyObject[], problems: FileProblem[]): PolicyObject[] {
  const first = new Map<string, PolicyObject>();
  for (const entry of objects) {
    const { apiVersion, kind, metadata } = entry.object;
    const id = [apiVersion, kind, metadata.namespace ?? '', metadata.name].join('/');
    const known = first.get(id);
    if (known === undefined) first.set(id, entry);
    else
      problems.push({
        file: entry.file,
        line: entry.line,
        message: `${kind} ${metadata.name} is already in ${known.file}:${known.line}; the first one counts`,
      });
  }
  return [...first.values()];
}

function positionOf(position: { line: number; col: number } | undefined): { line?: number; column?: number } {
  return position === undefined ? {} : { line: position.line, column: position.col };
}
