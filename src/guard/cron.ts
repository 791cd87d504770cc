import { createTask, validateDetailed } from 'node-cron';

/** When a cron expression starts something, on a clock without changes: its minutes of the day, on the days that match. */
export interface Cron {
  /** Ascending; from 0 to 1439. */
  readonly minutesOfDay: readonly number[];
  /** Whether it starts anything on a day, given as its midnight in UTC. */
  matchesDay(midnight: number): boolean;
}

export type ParsedCron = { readonly kind: 'cron'; readonly cron: Cron } | { readonly kind: 'invalid'; readonly because: string };

export const minuteMs = 60_000;
export const dayMs = 86_400_000;

/** Five fields, as node-cron matches them: where both day fields say something, both must match. */
export function parseCron(text: string): ParsedCron {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5)
    return invalid(text, `it has ${fields.length} field(s), not the five of minute, hour, day, month, weekday`);
  const { valid, errors } = validateDetailed(fields.join(' '));
  if (!valid) return invalid(text, errors.map(({ message }) => message).join('; '));
  const [minute, hour, ...days] = fields;
  const isMinute = matcherOf(`${minute} ${hour} * * *`);
  const minutesOfDay = Array.from({ length: 1440 }, (_, at) => at).filter((at) => isMinute(at * minuteMs));
  if (minutesOfDay.length === 0) return invalid(text, 'it names no minute of the day');
  return { kind: 'cron', cron: { minutesOfDay, matchesDay: remember(matcherOf(`0 0 ${days.join(' ')}`)) } };
}

/** Asks about wall clocks as if they were UTC, so that no change of a clock comes between. */
function matcherOf(pattern: string): (wall: number) => boolean {
  const task = createTask(pattern, () => {}, { timezone: 'UTC' });
  void task.destroy(); // it is never started, only asked; else it would stay in the list of all tasks for ever
  return (wall) => task.match(new Date(wall));
}

/** A few years of days at the most: what a search for the next start looks at. */
function remember(matches: (midnight: number) => boolean): (midnight: number) => boolean {
  const known = new Map<number, boolean>();
  return (midnight) => {
    const answer = known.get(midnight) ?? matches(midnight);
    if (known.size >= 4000) known.clear();
    known.set(midnight, answer);
    return answer;
  };
}

function invalid(text: string, because: string): ParsedCron {
  return { kind: 'invalid', because: `${JSON.stringify(text)} is no cron expression: ${because}` };
}
