import type { Scalar } from 'yaml';
import { scalarText } from './node-text.ts';
import { isPlainText } from './plain-scalar.ts';

/**
 * The source text that makes `scalar` read as `value`, in the style that it has. `source` is its present source text. An
 * unquoted value gets double quotes where it would otherwise not read as text.
 */
export function renderScalar(scalar: Scalar, source: string, value: string): string {
  switch (scalar.type) {
    case 'QUOTE_SINGLE':
      return /[\r\n]/.test(value) ? JSON.stringify(value) : `'${value.replaceAll("'", "''")}'`;
    case 'QUOTE_DOUBLE':
      return JSON.stringify(value);
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return renderBlock(scalar, source, value);
    default:
      return isPlainText(value) ? value : JSON.stringify(value);
  }
}

/** Header, indentation and the blank lines at the end stay; the lines between become one. */
function renderBlock(scalar: Scalar, source: string, value: string): string {
  const bodyStart = source.indexOf('\n') + 1;
  const body = source.slice(bodyStart);
  const tail = /[ \t]*(?:\r?\n[ \t]*)*$/.exec(body)?.[0].replace(/^[ \t]+/, '') ?? '';
  const indent = leadingSpaces(firstLine(body)) - leadingSpaces(firstLine(scalarText(scalar) ?? ''));
  return `${source.slice(0, bodyStart)}${' '.repeat(Math.max(indent, 0))}${value}${tail}`;
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? '';
}

function leadingSpaces(line: string): number {
  return line.length - line.replace(/^ +/, '').length;
}
