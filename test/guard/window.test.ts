import { describe, expect, test } from 'vitest';
import { compileWindow, nextStart, openStretch, startsBetween, type Window } from '../../src/guard/window.ts';
import { at } from './guard-fixture.ts';

function windowOf(cron: string, duration: string, timeZone = 'UTC'): Window {
  const compiled = compileWindow({ cron, duration, timeZone });
  if (compiled.kind === 'invalid') throw new Error(compiled.problems.join('; '));
  return compiled.window;
}

const iso = (instant: number | null) => (instant === null ? null : new Date(instant).toISOString().replace('.000Z', 'Z'));

describe('a window is open', () => {
  const office = windowOf('0 9 * * 1-5', '8h', 'Europe/Berlin');
  test.for([
    { because: 'from its first millisecond on', now: '2026-11-23T08:00:00.000Z', open: true },
    { because: 'not a millisecond before', now: '2026-11-23T07:59:59.999Z', open: false },
    { because: 'to its last millisecond', now: '2026-11-23T15:59:59.999Z', open: true },
    { because: 'not after', now: '2026-11-23T16:00:00.000Z', open: false },
    { because: 'not on a Saturday', now: '2026-11-28T10:00:00Z', open: false },
    { because: 'by the clock of its zone in summer too', now: '2026-07-01T07:00:00Z', open: true },
  ])('$because: $now', ({ now, open }) => {
    expect(openStretch(office, at(now)) !== null).toBe(open);
  });

  test('over midnight, a week and a month', () => {
    expect(iso(openStretch(windowOf('0 22 * * 5', '60h'), at('2026-11-22T23:59:00Z'))?.from ?? null)).toBe(
      '2026-11-20T22:00:00Z',
    );
    expect(openStretch(windowOf('0 0 1 * *', '744h'), at('2026-01-31T23:59:59Z'))).not.toBeNull();
  });

  test('for its duration as time that passes: a window over a clock change ends an hour later, or earlier, by the wall', () => {
    const night = windowOf('0 1 * * *', '4h', 'Europe/Berlin');
    expect(iso(openStretch(night, at('2026-03-29T00:30:00Z'))?.to ?? null)).toBe('2026-03-29T04:00:00Z');
    expect(iso(openStretch(night, at('2026-10-25T00:30:00Z'))?.to ?? null)).toBe('2026-10-25T03:00:00Z');
  });
});

describe('a start in a clock change', () => {
  test.for([
    {
      because: 'that the wall leaves out comes at the first instant after it',
      window: windowOf('30 2 * * *', '1h', 'Europe/Berlin'),
      from: '2026-03-28T12:00:00Z',
      starts: ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'],
    },
    {
      because: 'that the wall shows twice comes once, at the first',
      window: windowOf('30 2 * * *', '1h', 'Europe/Berlin'),
      from: '2026-10-24T12:00:00Z',
      starts: ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
    },
    {
      because: 'comes once, however many minutes of the hour are left out',
      window: windowOf('*/15 2 * * 0', '5m', 'Europe/Berlin'),
      from: '2026-03-28T12:00:00Z',
      starts: ['2026-03-29T01:00:00Z'],
    },
    {
      because: 'of half an hour',
      window: windowOf('15 2 * * *', '5m', 'Australia/Lord_Howe'),
      from: '2026-10-02T15:50:00Z',
      starts: ['2026-10-03T15:30:00Z', '2026-10-04T15:15:00Z'],
    },
    {
      because: 'of a whole day that an island left out',
      window: windowOf('0 12 * * *', '5m', 'Pacific/Apia'),
      from: '2011-12-29T00:00:00Z',
      starts: ['2011-12-29T22:00:00Z', '2011-12-30T10:00:00Z'],
    },
  ])('$because', ({ window, from, starts }) => {
    expect([...startsBetween(window, at(from), at(from) + 2 * 86_400_000)].slice(0, starts.length).map(iso)).toEqual(starts);
  });
});

describe('the next start', () => {
  test.for([
    { cron: '0 0 29 2 *', now: '2026-11-22T00:00:00Z', next: '2028-02-29T00:00:00Z' },
    { cron: '0 0 29 2 *', now: '2097-01-01T00:00:00Z', next: '2104-02-29T00:00:00Z' },
    { cron: '0 9 13 * 5', now: '2026-11-22T00:00:00Z', next: '2027-08-13T09:00:00Z' },
    { cron: '0 9 * * mon', now: '2026-11-23T09:00:00Z', next: '2026-11-30T09:00:00Z' },
  ])('of $cron after $now is $next', ({ cron, now, next }) => {
    expect(iso(nextStart(windowOf(cron, '1h'), at(now)))).toBe(next);
  });
});

describe('a window that can never be open is refused', () => {
  test.for([
    { because: 'no minutes', spec: { cron: '0 9 * * *', duration: '0s' }, says: 'never open' },
    {
      because: 'an unknown zone',
      spec: { cron: '0 9 * * *', duration: '1h', timeZone: 'Europe/Bielefeld' },
      says: 'no time zone',
    },
    {
      because: 'a minute there is none of',
      spec: { cron: '60 9 * * *', duration: '1h' },
      says: '60 is a invalid expression for minute',
    },
    { because: 'a day there is none of', spec: { cron: '0 9 31 2 *', duration: '1h' }, says: 'impossible day' },
    { because: 'seconds', spec: { cron: '0 0 9 * * *', duration: '1h' }, says: '6 field(s)' },
    { because: 'a nickname', spec: { cron: '@daily', duration: '1h' }, says: '1 field(s)' },
  ])('$because', ({ spec, says }) => {
    const compiled = compileWindow(spec);
    expect(compiled.kind === 'invalid' && compiled.problems.join('; ')).toContain(says);
  });
});
