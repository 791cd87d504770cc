import type { RE2JS } from 're2js';
import { compilePattern } from '../../select/index.ts';
import type { Budget } from '../budget.ts';
import { define, type FunctionTable } from '../define.ts';
import { FunctionError } from '../error.ts';
import { List } from '../value.ts';

/** The functions that must succeed say plainly what is wrong with a pattern; the others put Go's `Compile` in front. */
type Complaint = 'plain' | 'compile';

const findAll = (complaint: Complaint) =>
  define(['string', 'string', 'int'], ([source, text, count], budget) => {
    const found = find(source, text, count, budget, complaint);
    return new List(
      found.map(({ start, end }) => text.slice(start, end)),
      'string',
    );
  });

const findFirst = (complaint: Complaint) =>
  define(['string', 'string'], ([source, text], budget) => {
    const [found] = find(source, text, 1, budget, complaint);
    return found === undefined ? '' : text.slice(found.start, found.end);
  });

const replaceAll = (complaint: Complaint) =>
  define(['string', 'string', 'string'], ([source, text, replacement], budget) =>
    replace(text, find(source, text, -1, budget, complaint), budget, replacement.length * 8, (match) =>
      expand(replacement, match),
    ),
  );

const replaceLiteral = (complaint: Complaint) =>
  define(['string', 'string', 'string'], ([source, text, replacement], budget) =>
    replace(text, find(source, text, -1, budget, complaint), budget, 0, () => replacement),
  );

const splitAt = (complaint: Complaint) =>
  define(['string', 'string', 'int'], ([source, text, count], budget) => {
    const matches = find(source, text, count, budget, complaint);
    return new List(split(source, text, count, matches), 'string');
  });

/** Sprig's regular expressions, which are Go's: linear in the text. */
export const patterns: FunctionTable = {
  regexMatch: define(['string', 'string'], ([source, text], budget) => {
    const compiled = compilePattern(source);
    return compiled.kind === 'pattern' && findIn(compiled.pattern, text, 1, budget).length > 0;
  }),
  mustRegexMatch: define(['string', 'string'], ([source, text], budget) => find(source, text, 1, budget, 'plain').length > 0),
  regexFindAll: findAll('compile'),
  mustRegexFindAll: findAll('plain'),
  regexFind: findFirst('compile'),
  mustRegexFind: findFirst('plain'),
  regexReplaceAll: replaceAll('compile'),
  mustRegexReplaceAll: replaceAll('plain'),
  regexReplaceAllLiteral: replaceLiteral('compile'),
  mustRegexReplaceAllLiteral: replaceLiteral('plain'),
  regexSplit: splitAt('compile'),
  mustRegexSplit: splitAt('plain'),
  regexQuoteMeta: define(['string'], ([text]) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
};

interface Match {
  readonly start: number;
  readonly end: number;
  /** The text of a group by its number or name; null if it took no part. */
  group(name: string): string | null;
}

function find(source: string, text: string, count: number, budget: Budget, complaint: Complaint): Match[] {
  const compiled = compilePattern(source);
  if (compiled.kind === 'invalid') {
    throw new FunctionError(complaint === 'plain' ? compiled.reason : `regexp: Compile(\`${source}\`): ${compiled.reason}`);
  }
  return findIn(compiled.pattern, text, count, budget);
}

/** All matches, or the first `count`; none that is empty right behind another one. */
function findIn(pattern: RE2JS, text: string, count: number, budget: Budget): Match[] {
  budget.spend((text.length + 1) * pattern.programSize());
  const names = pattern.namedGroups();
  const matcher = pattern.matcher(text);
  const matches: Match[] = [];
  let at = 0;
  while (matches.length !== count && at <= text.length && matcher.find(at)) {
    const [start, end] = [matcher.start(), matcher.end()];
    const isEmptyBehind = start === end && matches.at(-1)?.end === start;
    if (!isEmptyBehind) matches.push({ start, end, group: readGroups(matcher, names) });
    budget.members(1);
    at = end > start ? end : start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
  }
  return matches;
}

type Matcher = ReturnType<RE2JS['matcher']>;

function readGroups(matcher: Matcher, names: Readonly<Record<string, number>>): (name: string) => string | null {
  const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index));
  return (name) => groups[/^\d+$/.test(name) ? Number(name) : (names[name] ?? -1)] ?? null;
}

function replace(
  text: string,
  matches: readonly Match[],
  budget: Budget,
  cost: number,
  replacement: (match: Match) => string,
): string {
  let result = '';
  let at = 0;
  for (const match of matches) {
    // Reading the replacement costs too, before it is known how long it becomes.
    budget.spend(cost);
    const inserted = replacement(match);
    budget.spend(inserted.length);
    result += text.slice(at, match.start) + inserted;
    at = match.end;
  }
  return result + text.slice(at);
}

/** Go's Expand: `$1`, `$name`, `${name}`, `$$`; a name is as long as it can be. */
function expand(template: string, match: Match): string {
  return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    if (whole === '$$') return '$';
    return match.group(braced ?? bare ?? '') ?? '';
  });
}

/** Go's Regexp.Split: an empty match at the front or the end splits nothing. */
function split(source: string, text: string, count: number, matches: readonly Match[]): string[] {
  if (count === 0) return [];
  if (source.length > 0 && text === '') return [''];
  const parts: string[] = [];
  let [from, end] = [0, 0];
  for (const match of matches) {
    if (count > 0 && parts.length === count - 1) break;
    end = match.start;
    if (match.end !== 0) parts.push(text.slice(from, end));
    from = match.end;
  }
  if (end !== text.length) parts.push(text.slice(from));
  return parts;
}
