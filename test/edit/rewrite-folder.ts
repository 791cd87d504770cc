import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { FileProblem, ImageRef } from '../../src/core/index.ts';
import { applyEdits, decodeText, findMarkers, isMarkerFile, mayHaveMarkers, planEdits } from '../../src/edit/index.ts';

export interface CasePolicies {
  readonly namespace: string;
  readonly selections: Map<string, ImageRef>;
  readonly known: Set<string>;
}

interface PolicyDocument {
  metadata: { namespace: string; name: string };
  status?: { latestRef?: ImageRef };
}

/** The ImagePolicies of a case; the first one's namespace is the automation's. */
export function readPolicies(path: string): CasePolicies {
  const policies = parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as PolicyDocument);
  const keyed = policies.map(({ metadata, status }) => [`${metadata.namespace}/${metadata.name}`, status?.latestRef] as const);
  const selections = new Map(keyed.flatMap(([key, ref]) => (ref ? [[key, ref] as const] : [])));
  return { namespace: policies[0]?.metadata.namespace ?? '', selections, known: new Set(keyed.map(([key]) => key)) };
}

/** Every file of a folder, by its path from there. */
export function readFolder(folder: string): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path))]));
}

/** What one run of the edits makes of a folder. */
export function rewriteFolder(files: Map<string, Buffer>, policies: CasePolicies) {
  const problems: FileProblem[] = [];
  const after = new Map([...files].map(([path, bytes]) => [path, rewriteFile(path, bytes, policies, problems)]));
  return { after, problems };
}

function rewriteFile(file: string, bytes: Buffer, policies: CasePolicies, problems: FileProblem[]): Buffer {
  if (!isMarkerFile(file) || !mayHaveMarkers(bytes)) return bytes;
  const decoded = decodeText(file, bytes);
  if (decoded.kind === 'problem') {
    problems.push(decoded.problem);
    return bytes;
  }
  const found = findMarkers(file, decoded.text);
  const planned = planEdits(found.markers, policies.selections, policies.namespace, policies.known);
  problems.push(...found.problems, ...planned.problems);
  return Buffer.from(applyEdits(decoded.text, planned.edits));
}

/** `file:line:column message`. */
export function formatProblem({ file, line, column, message }: FileProblem): string {
  return `${[file, line, column].filter((part) => part !== undefined).join(':')} ${message}`;
}
