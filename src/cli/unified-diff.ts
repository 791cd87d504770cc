const contextLines = 3;

type Line = { readonly sign: ' ' | '-' | '+'; readonly text: string };

/**
 * The change of one file as a patch that `git apply` and `patch` take. Edits replace values within lines, so both texts are compared
 * from both ends and hunk by hunk; lines keep their carriage returns.
 */
export function unifiedDiff(file: string, before: string, after: string): string {
  const lines = compareLines(splitLines(before), splitLines(after));
  const hunks = findHunks(lines).map((hunk) => formatHunk(lines, hunk));
  return hunks.length === 0 ? '' : [`--- a/${file}`, `+++ b/${file}`, ...hunks].join('\n');
}

/** Lines with their breaks; the last one may have none. */
function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The shortest edit script (Myers 1986), after the common head and tail are taken off. */
function compareLines(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const same = (text: string): Line => ({ sign: ' ', text });
  const middle = shortestScript(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  return [...before.slice(0, head).map(same), ...middle, ...before.slice(before.length - tail).map(same)];
}

function shortestScript(before: readonly string[], after: readonly string[]): Line[] {
  // A file that comes or goes as a whole, however long.
  if (before.length === 0) return after.map((text) => ({ sign: '+', text }));
  if (after.length === 0) return before.map((text) => ({ sign: '-', text }));
  const trace: Map<number, number>[] = [];
  const furthest = new Map([[1, 0]]);
  const at = (map: ReadonlyMap<number, number>, diagonal: number) => map.get(diagonal) ?? -1;
  for (let distance = 0; ; distance += 1) {
    trace.push(new Map(furthest));
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      const goesDown =
        diagonal === -distance || (diagonal !== distance && at(furthest, diagonal - 1) < at(furthest, diagonal + 1));
      let x = goesDown ? at(furthest, diagonal + 1) : at(furthest, diagonal - 1) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      furthest.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return walkBack(trace, before, after);
    }
  }
}

function walkBack(trace: readonly ReadonlyMap<number, number>[], before: readonly string[], after: readonly string[]): Line[] {
  const lines: Line[] = [];
  let [x, y] = [before.length, after.length];
  for (let distance = trace.length - 1; distance >= 0; distance -= 1) {
    const reached = (diagonal: number) => trace[distance]?.get(diagonal) ?? -1;
    const diagonal = x - y;
    const cameDown = diagonal === -distance || (diagonal !== distance && reached(diagonal - 1) < reached(diagonal + 1));
    const previous = cameDown ? diagonal + 1 : diagonal - 1;
    const [fromX, fromY] = distance === 0 ? [0, 0] : [reached(previous), reached(previous) - previous];
    for (; x > fromX && y > fromY; x -= 1, y -= 1) lines.push({ sign: ' ', text: before[x - 1] ?? '' });
    if (distance === 0) break;
    if (cameDown) lines.push({ sign: '+', text: after[fromY] ?? '' });
    else lines.push({ sign: '-', text: before[fromX] ?? '' });
    [x, y] = [fromX, fromY];
  }
  return groupSigns(lines.reverse());
}

/** Within a run of changes, what goes stands before what comes. */
function groupSigns(lines: readonly Line[]): Line[] {
  const result: Line[] = [];
  let added: Line[] = [];
  for (const line of lines) {
    if (line.sign === '+') added.push(line);
    else {
      if (line.sign === ' ') {
        result.push(...added);
        added = [];
      }
      result.push(line);
    }
  }
  return [...result, ...added];
}

interface Hunk {
  readonly from: number;
  readonly to: number;
}

function findHunks(lines: readonly Line[]): Hunk[] {
  const hunks: Hunk[] = [];
  for (const [index, { sign }] of lines.entries()) {
    if (sign === ' ') continue;
    const hunk = { from: Math.max(0, index - contextLines), to: Math.min(lines.length, index + contextLines + 1) };
    const last = hunks.at(-1);
    if (last !== undefined && hunk.from <= last.to) hunks[hunks.length - 1] = { from: last.from, to: hunk.to };
    else hunks.push(hunk);
  }
  return hunks;
}

function formatHunk(lines: readonly Line[], { from, to }: Hunk): string {
  const count = (part: readonly Line[], other: '+' | '-') => part.filter(({ sign }) => sign !== other).length;
  const shown = lines.slice(from, to);
  const range = (other: '+' | '-') => {
    const length = count(shown, other);
    return `${count(lines.slice(0, from), other) + (length === 0 ? 0 : 1)},${length}`;
  };
  const body = shown.map(({ sign, text }) =>
    text.endsWith('\n') ? `${sign}${text.slice(0, -1)}` : `${sign}${text}\n\\ No newline at end of file`,
  );
  return [`@@ -${range('+')} +${range('-')} @@`, ...body].join('\n');
}
