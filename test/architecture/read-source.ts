import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const sourceRoot = fileURLToPath(new URL('../../src/', import.meta.url));

export interface SourceFile {
  /** From src, `/`-separated. */
  readonly path: string;
  /** The folder of src it is in; files beside the folders go by their own name. */
  readonly folder: string;
  /** The text with its comments blanked out. */
  readonly code: string;
  /** The text with comments blanked out and quoted texts empty. */
  readonly skeleton: string;
  /** Texts in single or double quotes, and templates without expressions, in order. */
  readonly texts: readonly string[];
}

/** Every TypeScript file of src. */
export function readSources(): SourceFile[] {
  const names = readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  return names
    .filter((name) => name.endsWith('.ts'))
    .toSorted()
    .map((path) => {
      const folder = path.includes('/') ? (path.split('/')[0] ?? '') : path;
      return { path, folder, ...splitSource(readFileSync(sourceRoot + path, 'utf8')) };
    });
}

const token =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`|(?<=(?:^|[=(,:;!&|?{}[\n]|=>|\breturn)\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g;

/** Splits a text into code and what is quoted in it: enough of TypeScript for a search that comments and texts cannot mislead. */
export function splitSource(text: string): Pick<SourceFile, 'code' | 'skeleton' | 'texts'> {
  const parts = { code: '', skeleton: '', texts: [] as string[] };
  let done = 0;
  for (token.lastIndex = 0; ; ) {
    const match = token.exec(text);
    const until = match?.index ?? text.length;
    parts.code += text.slice(done, until);
    parts.skeleton += text.slice(done, until);
    if (match === null) return parts;
    done = match[0] === '`' ? takeTemplate(text, until, parts) : takeToken(match[0], until, parts);
    token.lastIndex = done;
  }
}

type Parts = { code: string; skeleton: string; texts: string[] };

function takeToken(found: string, start: number, parts: Parts): number {
  if (found.startsWith('//') || found.startsWith('/*')) {
    const blank = found.replaceAll(/[^\n]/g, ' ');
    parts.code += blank;
    parts.skeleton += blank;
  } else if (found.startsWith('/')) {
    parts.code += found;
    parts.skeleton += '/ /';
  } else {
    parts.code += found;
    parts.skeleton += found.charAt(0).repeat(2);
    parts.texts.push(found.slice(1, -1));
  }
  return start + found.length;
}

/** A template up to its end; what stands in `${}` is code again. */
function takeTemplate(text: string, start: number, parts: Parts): number {
  let at = start + 1;
  let chunk = '';
  let hasExpression = false;
  for (; at < text.length && text[at] !== '`'; at += 1) {
    if (text[at] === '\\') chunk += text[at++];
    else if (text.startsWith('${', at)) {
      hasExpression = true;
      const end = endOfExpression(text, at + 2);
      const inner = splitSource(text.slice(at + 2, end));
      parts.skeleton += `(${inner.skeleton})`;
      parts.texts.push(...inner.texts);
      at = end;
      continue;
    }
    chunk += text[at] ?? '';
  }
  parts.code += text.slice(start, at + 1);
  if (!hasExpression) parts.texts.push(chunk);
  return at + 1;
}

function endOfExpression(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '`') at = takeTemplate(text, at, { code: '', skeleton: '', texts: [] }) - 1;
    else if (text[at] === "'" || text[at] === '"') at = text.indexOf(text[at] ?? '', at + 1);
    else if (text[at] === '{') depth += 1;
    else if (text[at] === '}' && depth-- === 0) return at;
  }
  return text.length;
}

const importStatement =
  /(?:^|[;\n])\s*(?:import|export)\s(?:[^;'"`]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\s*\(\s*['"`]([^'"`]+)['"`]/g;

/** What a file imports, statically or not: `../core/index.ts`, `node:fs`, `zod`. */
export function importsOf({ code }: Pick<SourceFile, 'code'>): string[] {
  return [...code.matchAll(importStatement)].map((match) => match[1] ?? match[2] ?? '');
}

/** A relative import as a path from src. */
export function resolveImport(from: Pick<SourceFile, 'path'>, specifier: string): string {
  return posix.join(posix.dirname(from.path), specifier);
}
