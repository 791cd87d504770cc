import { goQuote } from '../../select/index.ts';
import { define, type FunctionTable } from '../define.ts';
import { FunctionError } from '../error.ts';
import { Int, type Method, Struct, type Value } from '../value.ts';
import { dayOfYear, formatDate, type Moment, monthName, parseDate, weekdays } from './date-layout.ts';

const modify = define(['string', 'time'], ([text, time]) => {
  const nanoseconds = parseDuration(text);
  if (nanoseconds === null) throw new FunctionError(`time: invalid duration ${goQuote(text)}`);
  const moment = momentOf(time);
  const total = BigInt(moment.epochMs) * 1_000_000n + BigInt(moment.nanoseconds % 1_000_000) + nanoseconds;
  return createTime(momentFrom(total));
});

/** Sprig's dates that ask no clock and no zone: everything is UTC. */
export const dates: FunctionTable = {
  toDate: define(['string', 'string'], ([layout, text]) => createTime(parseDate(layout, text) ?? zeroTime)),
  mustToDate: define(['string', 'string'], ([layout, text]) => {
    const moment = parseDate(layout, text);
    if (moment === null) throw new FunctionError(`parsing time ${goQuote(text)} as ${goQuote(layout)}: cannot parse it`);
    return createTime(moment);
  }),
  mustDateModify: modify,
  must_date_modify: modify,
  unixEpoch: define(['time'], ([time]) => String(Math.floor(momentOf(time).epochMs / 1000))),
  duration: define(['any'], ([value]) => formatDuration(secondsOf(value) * 1_000_000_000n)),
  durationRound: define(['any'], ([value]) => roundDuration(durationOf(value))),
};

/** The first of January of the year 1. */
const zeroTime: Moment = { epochMs: -62_135_596_800_000, nanoseconds: 0 };
const moments = new WeakMap<Struct, Moment>();

function momentOf(time: Struct): Moment {
  return moments.get(time) ?? zeroTime;
}

function momentFrom(totalNanoseconds: bigint): Moment {
  const nanoseconds = ((totalNanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = (totalNanoseconds - nanoseconds) / 1_000_000_000n;
  return { epochMs: Number(seconds) * 1000 + Number(nanoseconds / 1_000_000n), nanoseconds: Number(nanoseconds) };
}

/** Go's time.Time, with the methods that a message may want. */
function createTime(moment: Moment): Struct {
  const date = new Date(moment.epochMs);
  const results: Record<string, () => Value> = {
    Year: () => new Int(date.getUTCFullYear()),
    YearDay: () => new Int(dayOfYear(date)),
    Month: () => monthName(date),
    Day: () => new Int(date.getUTCDate()),
    Weekday: () => weekdays[date.getUTCDay()] ?? '',
    Hour: () => new Int(date.getUTCHours()),
    Minute: () => new Int(date.getUTCMinutes()),
    Second: () => new Int(date.getUTCSeconds()),
    Unix: () => new Int(Math.floor(moment.epochMs / 1000), 'int64'),
    String: () => formatDate(moment, '2006-01-02 15:04:05.999999999 -0700 MST'),
    IsZero: () => moment.epochMs === zeroTime.epochMs,
  };
  const methods = Object.entries(results).map(([name, call]): [string, Method] => [name, { params: [], call }]);
  const format: Method = { params: ['string'], call: ([layout]) => formatDate(moment, typeof layout === 'string' ? layout : '') };
  const time = new Struct('time.Time', [], [...methods, ['Format', format]]);
  moments.set(time, moment);
  return time;
}

function secondsOf(value: Value): bigint {
  if (value instanceof Int) return value.type === 'int64' ? value.value : 0n;
  return typeof value === 'string' && /^[+-]?\d{1,18}$/.test(value) ? BigInt(value.replace('+', '')) : 0n;
}

function durationOf(value: Value): bigint {
  if (typeof value === 'string') return parseDuration(value) ?? 0n;
  return value instanceof Int && value.type === 'int64' ? value.value : 0n;
}

const units: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);

function parseDuration(text: string): bigint | null {
  if (text.length > 100) return null;
  const match = /^([+-]?)(0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (match === null) return null;
  let total = 0n;
  for (const [, amount = '0', unit = 'ns'] of (match[2] ?? '').matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const [whole = '', fraction = ''] = amount.split('.');
    const scale = units.get(unit) ?? 1;
    total += BigInt(whole || '0') * BigInt(scale) + BigInt(Math.floor(Number(`0.${fraction || '0'}`) * scale));
  }
  return match[1] === '-' ? -total : total;
}

/** As Go prints a duration: `1h1m1s`, `1.5s`, `0s`. Whole seconds are all that sprig asks for. */
function formatDuration(nanoseconds: bigint): string {
  const wrapped = BigInt.asIntN(64, nanoseconds);
  const sign = wrapped < 0n ? '-' : '';
  const seconds = (wrapped < 0n ? -wrapped : wrapped) / 1_000_000_000n;
  const [hours, minutes] = [seconds / 3600n, (seconds / 60n) % 60n];
  const front = hours > 0n ? `${hours}h${minutes}m` : minutes > 0n ? `${minutes}m` : '';
  return `${sign}${front}${seconds % 60n}s`;
}

const roundings: readonly (readonly [seconds: bigint, unit: string])[] = [
  [31_536_000n, 'y'],
  [2_592_000n, 'mo'],
  [86_400n, 'd'],
  [3600n, 'h'],
  [60n, 'm'],
  [1n, 's'],
];

/** The largest unit alone. */
function roundDuration(nanoseconds: bigint): string {
  const absolute = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const found = roundings.find(([seconds]) => absolute > seconds * 1_000_000_000n);
  return found === undefined ? '0s' : `${absolute / (found[0] * 1_000_000_000n)}${found[1]}`;
}
