import { SopsError } from './error.ts';
import { formatLine } from './format-scalar.ts';
import { type Branch, branchOf, type Comment, type Entry, entryOf, isCollection } from './tree.ts';

/** Lines of `KEY=value`, in which `\n` stands for a line break. Throws DOCUMENT_INVALID with the line's number. */
export function readDotenv(text: string): Branch[] {
  const lines = text.split('\n').map((line, index) => ({ line, number: index + 1 }));
  return [branchOf(lines.filter(({ line }) => line !== '').map(readLine))];
}

function readLine({ line, number }: { readonly line: string; readonly number: number }): Entry | Comment {
  if (line.startsWith('#')) return { kind: 'comment', text: line.slice(1), inline: false };
  const equals = line.indexOf('=');
  if (equals < 0) throw new SopsError('DOCUMENT_INVALID', `not dotenv: line ${number} has no =`);
  return entryOf(line.slice(0, equals), line.slice(equals + 1).replaceAll('\\n', '\n'));
}

/** The first document as lines. Throws DOCUMENT_INVALID for a value that is no scalar. */
export function writeDotenv([branch]: readonly Branch[]): Buffer {
  return Buffer.concat((branch?.entries ?? []).map(writeLine));
}

function writeLine(entry: Entry | Comment): Buffer {
  if (entry.kind === 'comment') return Buffer.from(`#${entry.text}\n`);
  const { key, value } = entry;
  if (isCollection(value)) throw new SopsError('DOCUMENT_INVALID', `'${key}' is no scalar, and dotenv has no place for it`);
  const text = typeof value === 'string' ? Buffer.from(value.replaceAll('\n', '\\n')) : formatLine(value);
  return Buffer.concat([Buffer.from(`${key}=`), text, Buffer.from('\n')]);
}
