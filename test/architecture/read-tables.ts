/** Rows of the Markdown table whose header begins with `first`, by column; code quotes are taken off. Throws if there is no such table. */
export function readTable(markdown: string, first: string): Record<string, string>[] {
  const lines = markdown.split('\n');
  const header = lines.findIndex((line) => cellsOf(line)[0] === first);
  if (header < 0) throw new Error(`no table with the first column "${first}"`);
  const names = cellsOf(lines[header] ?? '');
  const end = lines.findIndex((line, index) => index > header && !line.startsWith('|'));
  const rows = lines.slice(header + 2, end < 0 ? lines.length : end);
  return rows.map((row) => {
    const cells = cellsOf(row);
    if (cells.length !== names.length) throw new Error(`a row of ${cells.length} cells under ${names.length} columns: ${row}`);
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  });
}

/** `a, b` as a list; `–` as none. */
export function readList(cell: string): string[] {
  return cell === '–' ? [] : cell.split(',').map((part) => plain(part));
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return [];
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map(plain);
}

function plain(cell: string): string {
  const text = cell.trim();
  return /^`[^`]*`$/.test(text) ? text.slice(1, -1) : text;
}
