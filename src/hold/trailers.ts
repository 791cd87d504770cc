/** `Tagalong-Automation: <cluster id>/<namespace>/<name>` stands in every commit of ours. */
export const automationTrailer = 'Tagalong-Automation';

/** `Tagalong-Reason: policy` stands in a commit of ours that did not go forward: the policy itself went back or changed scheme. */
export const reasonTrailer = 'Tagalong-Reason';

/** `Tagalong-Rollback: <commit>` stands in a commit of ours that takes a bump back: the bump's commit, or `request` where a person asked for it. */
export const rollbackTrailer = 'Tagalong-Rollback';

/** `Tagalong-Landed: <reason>` stands in a commit of ours that a person let land past the gates; with `Tagalong-Landed-By`, where that is known. */
export const landedTrailer = 'Tagalong-Landed';
export const landedByTrailer = 'Tagalong-Landed-By';

export interface Trailer {
  readonly key: string;
  readonly value: string;
}

// What git itself writes: one such line makes a paragraph of mixed lines count as trailers.
const writtenByGit = /^(Signed-off-by: |\(cherry picked from commit )/;
const trailerLine = /^([A-Za-z0-9-]+)[ \t]*:(.*)$/;

/**
 * The trailers of a commit message, by git's rules (git-interpret-trailers(1)): they stand in the last paragraph alone, which is not
 * the first, and of which every line is a trailer, or which git signed and a quarter of which is trailers. Text quoted in a body is none.
 */
export function parseTrailers(message: string): readonly Trailer[] {
  const lines = lastParagraph(message);
  if (!isTrailerBlock(lines)) return [];
  const trailers: { key: string; value: string }[] = [];
  let open = false;
  for (const line of lines) {
    const match = trailerLine.exec(line);
    if (match) trailers.push({ key: match[1] ?? '', value: (match[2] ?? '').trim() });
    else if (open && /^\s/.test(line)) appendTo(trailers.at(-1), line);
    open = match !== null || (open && /^\s/.test(line));
  }
  return trailers;
}

/**
 * Whether a commit is ours and went where the policy went: then leaving a version is no word against it. Ours are those of the bot of
 * `clusterId`: that of another cluster has policies of its own, and two that undo each other end here. Without it any bot will do.
 */
export function followsPolicy(message: string, clusterId?: string): boolean {
  const trailers = parseTrailers(message);
  const values = (key: string) => trailers.filter((trailer) => sameKey(trailer.key, key)).map(({ value }) => value);
  const isOurs = values(automationTrailer).some((value) => clusterId === undefined || value.startsWith(`${clusterId}/`));
  return isOurs && values(reasonTrailer).includes('policy');
}

/** Without the lines that git leaves out of a message (comments), and never the title. */
function lastParagraph(message: string): string[] {
  const lines = message
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  const title = lines.findIndex((line) => line !== '');
  const blank = lines.lastIndexOf('');
  return title >= 0 && blank > title ? lines.slice(blank + 1) : [];
}

function isTrailerBlock(lines: readonly string[]): boolean {
  let trailers = 0;
  let others = 0;
  let signed = false;
  let open = false;
  for (const line of lines) {
    const continues = open && /^\s/.test(line);
    const counts = trailerLine.test(line) || writtenByGit.test(line);
    if (continues) continue;
    if (counts) trailers++;
    else others++;
    signed ||= writtenByGit.test(line);
    open = counts;
  }
  return (trailers > 0 && others === 0) || (signed && trailers * 3 >= others);
}

function appendTo(trailer: { value: string } | undefined, line: string): void {
  if (trailer) trailer.value = `${trailer.value} ${line.trim()}`;
}

function sameKey(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
