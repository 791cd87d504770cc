import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLMap } from 'yaml';
import type { FileProblem } from '../core/index.ts';
import { detectFormat } from './document.ts';
import { findSecretText, isHarmless } from './secret-patterns.ts';

export interface LintedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

const remedy = 'encrypt it with sops, or keep it out of the repository';
const maxTextLength = 5 * 1024 * 1024;

/**
 * Secrets that stand in a repository in plain text: Secret manifests whose data are not encrypted, inputs of secret generators that are not,
 * and, in any file, keys and tokens that say what they are. Each with file, line and column; no message has a value. Files that do not
 * parse are looked through for keys and tokens alone. `readInput` gives the text that a generator reads, by default of one of these files.
 */
export function findPlaintextSecrets(files: readonly LintedFile[], readInput = amongThem(files)): FileProblem[] {
  const problems = files.filter(({ text }) => text.length <= maxTextLength).flatMap((file) => problemsOf(file, readInput));
  const seen = new Set<string>();
  return problems.filter(({ file, line, message }) => {
    const key = `${file}:${line}:${message}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** The text of a file by its path; null where there is none. */
export type ReadInput = (path: string) => string | null;

function amongThem(files: readonly LintedFile[]): ReadInput {
  const texts = new Map(files.map(({ path, text }) => [path, text] as const));
  return (path) => texts.get(path) ?? null;
}

/** Nearly all files of a tree are neither, and to parse one costs far more than to look for a word. */
const mayHaveSecret = /\bSecret\b|\bsecretGenerator\b/;

function problemsOf(file: LintedFile, readInput: ReadInput): FileProblem[] {
  const isYaml = /(?:\.ya?ml|\.json|\/Kustomization|^Kustomization)$/.test(file.path);
  const documents = isYaml && mayHaveSecret.test(file.text) ? parse(file.text) : null;
  const objects = documents === null ? [] : documents.contents.flatMap(objectsIn);
  const lines = documents?.lines ?? new LineCounter();
  const manifests = objects.flatMap((map) => problemsOfSecret(map, file, lines));
  const generators = objects.flatMap((map) => problemsOfGenerators(map, file, { lines, readInput }));
  // A Secret that is named already needs no second line for each of its values.
  return manifests.length > 0 ? [...manifests, ...generators] : [...generators, ...problemsOfText(file)];
}

function parse(text: string): { readonly contents: readonly Node[]; readonly lines: LineCounter } | null {
  const lines = new LineCounter();
  try {
    const quiet = { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;
    const parsed = parseAllDocuments(text, { ...quiet, schema: 'failsafe', lineCounter: lines });
    if (!Array.isArray(parsed) || parsed.some(({ errors }) => errors.length > 0)) return null;
    return { contents: parsed.flatMap(({ contents }) => (contents === null ? [] : [contents as Node])), lines };
  } catch {
    return null;
  }
}

/** A document's object, or the items of a List. */
function objectsIn(node: Node): YAMLMap[] {
  if (!isMap(node)) return [];
  const items = node.get('items', true);
  if (textIn(node, 'kind').endsWith('List') && isSeq(items)) return items.items.flatMap((item) => objectsIn(item as Node));
  return [node];
}

function problemsOfSecret(map: YAMLMap, file: LintedFile, lines: LineCounter): FileProblem[] {
  if (textIn(map, 'kind') !== 'Secret' || textIn(map, 'apiVersion') !== 'v1') return [];
  if (isMap(map.get('sops', true))) return [];
  const open = ['data', 'stringData'].flatMap((field) => openEntries(map.get(field, true), field));
  const [first] = open;
  if (first === undefined) return [];
  const metadata = map.get('metadata', true);
  const name = isMap(metadata) ? textIn(metadata, 'name') : '';
  const keys = open.map(({ key }) => key);
  const shown = keys.length > 5 ? `${keys.slice(0, 5).join(', ')} and ${keys.length - 5} more` : keys.join(', ');
  return [problemAt(file, lines, first.offset, `Secret ${JSON.stringify(name)} is in plain text (${shown}); ${remedy}`)];
}

function openEntries(node: unknown, field: string): { readonly key: string; readonly offset: number }[] {
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }) => {
    const text = isScalar(value) ? String(value.value ?? '') : isAlias(value) ? 'alias' : '';
    const plain = field === 'data' ? Buffer.from(text, 'base64').toString('utf8') : text;
    if (isHarmless(text) || isHarmless(plain) || detectFormat(Buffer.from(plain)) !== null) return [];
    return [{ key: `${field}.${isScalar(key) ? String(key.value) : '?'}`, offset: isScalar(key) ? (key.range?.[0] ?? 0) : 0 }];
  });
}

interface Surroundings {
  readonly lines: LineCounter;
  readonly readInput: ReadInput;
}

/** `secretGenerator` of a kustomization file: literals, and files that are not encrypted. */
function problemsOfGenerators(map: YAMLMap, file: LintedFile, { lines, readInput }: Surroundings): FileProblem[] {
  const generators = map.get('secretGenerator', true);
  if (!isSeq(generators)) return [];
  return generators.items.filter(isMap).flatMap((generator) => [
    ...scalarsIn(generator.get('literals', true)).flatMap(({ text, offset }) => {
      const value = text.slice(text.indexOf('=') + 1);
      const message = `a secret generator has the literal ${JSON.stringify(text.split('=', 1)[0])} in plain text; use an encrypted file in its place`;
      return isHarmless(value) ? [] : [problemAt(file, lines, offset, message)];
    }),
    ...['files', 'envs'].flatMap((field) =>
      scalarsIn(generator.get(field, true)).flatMap(({ text }) =>
        problemsOfInput(resolve(file.path, text.slice(text.indexOf('=') + 1)), readInput),
      ),
    ),
  ]);
}

function problemsOfInput(path: string, readInput: ReadInput): FileProblem[] {
  const text = readInput(path);
  if (text === null || isHarmless(text) || detectFormat(Buffer.from(text)) !== null) return [];
  return [{ file: path, line: 1, column: 1, message: `a secret generator reads this file, and it is in plain text; ${remedy}` }];
}

function scalarsIn(node: unknown): { readonly text: string; readonly offset: number }[] {
  if (!isSeq(node)) return [];
  return node.items.flatMap((item) => (isScalar(item) ? [{ text: String(item.value ?? ''), offset: item.range?.[0] ?? 0 }] : []));
}

function resolve(from: string, relative: string): string {
  const segments = from.split('/').slice(0, -1);
  for (const segment of relative.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  return segments.join('/');
}

/** Keys and tokens, line by line; what sops encrypted is nothing of the kind. */
function problemsOfText({ path, text }: LintedFile): FileProblem[] {
  return text.split('\n').flatMap((line, index) => {
    const found = line.length > 20_000 ? null : findSecretText(line);
    if (found === null) return [];
    return [
      {
        file: path,
        line: index + 1,
        column: found.offset + 1,
        message: `${found.what} is in plain text; ${remedy}, and replace it: the history keeps it`,
      },
    ];
  });
}

function problemAt({ path }: LintedFile, lines: LineCounter, offset: number, message: string): FileProblem {
  const { line, col } = lines.linePos(offset);
  return { file: path, line, column: col, message };
}

function textIn(map: YAMLMap, key: string): string {
  const value = map.get(key);
  return typeof value === 'string' ? value : '';
}
