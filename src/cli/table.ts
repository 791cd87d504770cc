import { cleanText } from './clean-text.ts';

/**
 * A table as flux prints it: upper-case headers, each cell padded to its column and followed by a tab (but for the last header). A
 * cell with line breaks goes on in rows of its own. Without `headers` only the rows.
 */
export function formatTable(headers: readonly string[] | null, rows: readonly (readonly string[])[]): string {
  const heads = headers?.map((header) => header.toUpperCase()) ?? null;
  const lines = rows.flatMap(splitCells);
  const all = heads === null ? lines : [heads, ...lines];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((cells) => widthOf(cells[column] ?? ''))));
  const pad = (cells: readonly string[]) => cells.map((cell, column) => padTo(cell, widths[column] ?? 0));
  return [...(heads === null ? [] : [pad(heads).join('\t')]), ...lines.map((cells) => `${pad(cells).join('\t')}\t`)].join('\n');
}

function splitCells(row: readonly string[]): string[][] {
  const cells = row.map((cell) => cleanText(cell).replaceAll('\t', ' ').trimEnd().split('\n'));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ''));
}

function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Columns on a terminal: wide characters of East Asia and emoji take two, marks none. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}/u.test(character)) continue;
    width += wide.test(character) ? 2 : 1;
  }
  return width;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
