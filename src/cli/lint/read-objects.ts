import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import { type FieldProblem, findServedKind, parseResource, type Resource, ValidationError } from '../../api/index.ts';
import type { KubeObject } from '../../core/index.ts';
import { locateProblems } from '../../policies/index.ts';
import type { Finding } from './finding.ts';

/** An object of a kind that is served, and the way to its fields in the text. */
export interface LintedObject {
  readonly file: string;
  readonly resource: Resource;
  /** Whether its file says its namespace; kustomize may still give one where it does not. */
  readonly hasNamespace: boolean;
  /** Not of the tree that is checked, but of one that is looked into. */
  readonly isElsewhere: boolean;
  at(path: FieldProblem['path']): Pick<Finding, 'file' | 'line' | 'column'>;
}

interface Source {
  readonly file: string;
  readonly text: string;
  readonly namespace: string;
}

const groups = /\b(toolkit\.fluxcd\.io|tagalong\.dev)\//;
const tooManyAliases = 100;

/** The objects of the served kinds of a file, and what the schema says about those that are invalid. */
export function readObjects(source: Source): {
  readonly objects: readonly LintedObject[];
  readonly findings: readonly Finding[];
} {
  const objects: LintedObject[] = [];
  const findings: Finding[] = [];
  if (!groups.test(source.text)) return { objects, findings };
  const lines = new LineCounter();
  for (const document of parseAllDocuments(source.text, { lineCounter: lines, version: '1.1', merge: true })) {
    if (document.errors.length === 0) readDocument(document as Document, lines, source, { objects, findings });
  }
  return { objects, findings };
}

function readDocument(
  document: Document,
  lines: LineCounter,
  source: Source,
  into: { readonly objects: LintedObject[]; readonly findings: Finding[] },
): void {
  const value: unknown = plainValue(document);
  const served = findServedKind(value);
  if (served === null) return;
  const object = value as KubeObject;
  const hasNamespace = object.metadata?.namespace !== undefined;
  const at = placesIn(document, lines, source.file);
  try {
    const resource = parseResource(served.kind, withNamespace(object, source.namespace)) as Resource;
    into.objects.push({ file: source.file, resource, hasNamespace, isElsewhere: false, at });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    for (const { line = 1, column = 1, message } of locateProblems(error, document, lines))
      into.findings.push({ file: source.file, line, column, severity: 'error', rule: 'resource', message });
  }
}

function plainValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: tooManyAliases });
  } catch {
    return null; // the search for markers says so
  }
}

function withNamespace(object: KubeObject, namespace: string): KubeObject {
  if (typeof object.metadata !== 'object' || object.metadata === null) return object;
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } };
}

function placesIn(document: Document, lines: LineCounter, file: string): LintedObject['at'] {
  return (path) => {
    const [place] = locateProblems(new ValidationError('', [{ path, message: '' }]), document, lines);
    return { file, line: place?.line ?? 1, column: place?.column ?? 1 };
  };
}
