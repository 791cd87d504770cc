import { compilePattern } from '../../select/index.ts';

/** A moment in UTC with the parts that Go's layouts name. */
export interface Moment {
  readonly epochMs: number;
  readonly nanoseconds: number;
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Go's reference time, longest words first. */
const elements =
  /January|Jan|Monday|Mon|MST|2006|Z07:00|Z0700|-07:00|-0700|-07|[.,]0+(?!\d)|[.,]9+(?!\d)|002|01|02|03|04|05|06|15|PM|pm|_2|1|2|3|4|5/g;

export function monthName(date: Date): string {
  return months[date.getUTCMonth()] ?? '';
}

/** A moment by a layout of Go's, in UTC. */
export function formatDate({ epochMs, nanoseconds }: Moment, layout: string): string {
  const date = new Date(epochMs);
  return layout.replace(elements, (element) => formatElement(element, date, nanoseconds));
}

function formatElement(element: string, date: Date, nanoseconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const hour12 = date.getUTCHours() % 12 || 12;
  const month = monthName(date);
  const weekday = weekdays[date.getUTCDay()] ?? '';
  const texts: Record<string, string> = {
    January: month,
    Jan: month.slice(0, 3),
    Monday: weekday,
    Mon: weekday.slice(0, 3),
    MST: 'UTC',
    '2006': String(date.getUTCFullYear()).padStart(4, '0'),
    '06': two(date.getUTCFullYear() % 100),
    '01': two(date.getUTCMonth() + 1),
    '1': String(date.getUTCMonth() + 1),
    '02': two(date.getUTCDate()),
    _2: String(date.getUTCDate()).padStart(2, ' '),
    '2': String(date.getUTCDate()),
    '002': String(dayOfYear(date)).padStart(3, '0'),
    '15': two(date.getUTCHours()),
    '03': two(hour12),
    '3': String(hour12),
    '04': two(date.getUTCMinutes()),
    '4': String(date.getUTCMinutes()),
    '05': two(date.getUTCSeconds()),
    '5': String(date.getUTCSeconds()),
    PM: date.getUTCHours() < 12 ? 'AM' : 'PM',
    pm: date.getUTCHours() < 12 ? 'am' : 'pm',
    'Z07:00': 'Z',
    Z0700: 'Z',
    '-07:00': '+00:00',
    '-0700': '+0000',
    '-07': '+00',
  };
  return texts[element] ?? formatFraction(element, nanoseconds);
}

function formatFraction(element: string, nanoseconds: number): string {
  const digits = String(nanoseconds)
    .padStart(9, '0')
    .slice(0, element.length - 1);
  const shown = element.includes('9') ? digits.replace(/0+$/, '') : digits;
  return shown === '' ? '' : `${element[0]}${shown}`;
}

export function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

/** A text read by a layout of Go's, or null. What the layout does not name is the start of the year 0. */
export function parseDate(layout: string, text: string): Moment | null {
  const groups: string[] = [];
  let source = '';
  let last = 0;
  for (const match of layout.matchAll(elements)) {
    source += quoteLiteral(layout.slice(last, match.index)) + patternOf(match[0]);
    groups.push(match[0]);
    last = match.index + match[0].length;
  }
  const full = compilePattern(`(?i)^${source}${quoteLiteral(layout.slice(last))}$`);
  const matcher = full.kind === 'pattern' ? full.pattern.matcher(text) : null;
  if (matcher === null || !matcher.find()) return null;
  return assemble(
    groups,
    groups.map((_, index) => matcher.group(index + 1) ?? ''),
  );
}

function quoteLiteral(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$/-]/g, '\\$&');
}

function patternOf(element: string): string {
  if (element === 'January') return `(${months.join('|')})`;
  if (element === 'Jan') return `(${months.map((month) => month.slice(0, 3)).join('|')})`;
  if (element === 'Monday') return `(${weekdays.join('|')})`;
  if (element === 'Mon') return `(${weekdays.map((day) => day.slice(0, 3)).join('|')})`;
  if (element === 'MST') return '([A-Z]{3,4})';
  if (element.startsWith('Z')) return '(Z|[+-]\\d{2}:?\\d{2})';
  if (element.startsWith('-')) return '([+-]\\d{2}(?::?\\d{2})?)';
  if (/^[.,]/.test(element)) return element.includes('9') ? '((?:[.,]\\d+)?)' : `([.,]\\d{${element.length - 1}})`;
  if (element === 'PM' || element === 'pm') return '(AM|PM)';
  if (element === '2006') return '(\\d{4})';
  if (element === '002') return '(\\d{3})';
  if (element === '_2') return '( ?\\d{1,2})';
  return element.length === 2 ? '(\\d{2})' : '(\\d{1,2})';
}

function assemble(elementsFound: readonly string[], values: readonly string[]): Moment | null {
  const read = (...names: string[]) => {
    const index = elementsFound.findIndex((element) => names.includes(element));
    return index < 0 ? undefined : values[index];
  };
  const number = (fallback: number, ...names: string[]) => Number(read(...names) ?? fallback);
  const short = read('06');
  const year = short === undefined ? number(0, '2006') : Number(short) + (Number(short) >= 69 ? 1900 : 2000);
  const named = read('January', 'Jan')?.slice(0, 3).toLowerCase();
  const month = named === undefined ? number(1, '01', '1') : months.findIndex((name) => name.toLowerCase().startsWith(named)) + 1;
  const yearDay = read('002');
  const day = yearDay === undefined ? number(1, '02', '_2', '2') : Number(yearDay);
  const hour = readHour(number(0, '15', '03', '3'), read('PM', 'pm'));
  const [minute, second] = [number(0, '04', '4'), number(0, '05', '5')];
  const date = new Date(0);
  date.setUTCFullYear(year, yearDay === undefined ? month - 1 : 0, day);
  const isDay = yearDay !== undefined || (date.getUTCMonth() === month - 1 && date.getUTCDate() === day);
  if (!isDay || hour > 23 || minute > 59 || second > 59) return null;
  date.setUTCHours(hour, minute, second);
  const fraction = values[elementsFound.findIndex((element) => /^[.,]/.test(element))] ?? '';
  const offset = read('Z07:00', 'Z0700', '-07:00', '-0700', '-07') ?? 'Z';
  return { epochMs: date.getTime() - offsetMs(offset), nanoseconds: Number(fraction.slice(1).padEnd(9, '0').slice(0, 9)) };
}

function readHour(hour: number, half: string | undefined): number {
  if (half === undefined) return hour;
  return (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
}

function offsetMs(text: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(text);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return minutes * (match[1] === '-' ? -60_000 : 60_000);
}
