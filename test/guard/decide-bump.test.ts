import { describe, expect, test } from 'vitest';
import { type Bump, decideBump, wakeTimeOf } from '../../src/guard/index.ts';
import { at, guardOf } from './guard-fixture.ts';

const now = at('2026-11-22T12:00:00Z');
const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const bump: Bump = { policy: { namespace: 'shop', name: 'web' }, tag: '1.2.0', digest, firstSeenAt: null };

function decide(spec: object, difference: Partial<Bump> = {}, when = now) {
  return decideBump(guardOf(spec), { ...bump, ...difference }, when);
}

describe('what waits, and until when', () => {
  test.for([
    { because: 'a guard without a word is open', spec: {}, reasons: [] },
    {
      because: 'outside a window, until it opens',
      spec: { windows: [{ cron: '0 9 * * 1', duration: '1h' }] },
      reasons: [['OutsideWindow', '2026-11-23T09:00:00.000Z']],
    },
    {
      because: 'one open window of several is enough',
      spec: {
        windows: [
          { cron: '0 9 * * 1', duration: '1h' },
          { cron: '0 11 * * *', duration: '2h' },
        ],
      },
      reasons: [],
    },
    {
      because: 'the window that opens first counts',
      spec: {
        windows: [
          { cron: '0 9 * * 3', duration: '1h' },
          { cron: '0 9 * * 2', duration: '1h' },
        ],
      },
      reasons: [['OutsideWindow', '2026-11-24T09:00:00.000Z']],
    },
    {
      because: 'a freeze beats an open window',
      spec: {
        windows: [{ cron: '0 11 * * *', duration: '2h' }],
        freezes: [{ from: '2026-11-20T00:00:00Z', to: '2026-12-01T00:00:00Z', reason: 'fair' }],
      },
      reasons: [['Frozen', '2026-12-01T00:00:00.000Z']],
    },
    {
      because: 'a freeze ends with its last instant',
      spec: { freezes: [{ from: '2026-11-20T00:00:00Z', to: '2026-11-22T12:00:00Z' }] },
      reasons: [],
    },
    {
      because: 'every reason is told',
      spec: {
        windows: [{ cron: '0 9 * * 1', duration: '1h' }],
        freezes: [{ from: '2026-11-20T00:00:00Z', to: '2026-12-01T00:00:00Z' }],
        holds: [{ policy: 'web', tags: ['1.2.0'], by: 'ann' }],
      },
      reasons: [
        ['Frozen', '2026-12-01T00:00:00.000Z'],
        ['OutsideWindow', '2026-11-23T09:00:00.000Z'],
        ['Held', null],
      ],
    },
  ])('$because', ({ spec, reasons }) => {
    const found = decide(spec).map(({ reason, until }) => [reason, until === null ? null : new Date(until).toISOString()]);
    expect(found).toEqual(reasons);
  });
});

describe('soak', () => {
  test.for([
    {
      because: 'counts from when the digest was first seen',
      firstSeenAt: '2026-11-22T00:00:00Z',
      until: '2026-11-23T00:00:00.000Z',
    },
    { because: 'is over after its time', firstSeenAt: '2026-11-21T12:00:00Z', until: null },
    {
      because: 'does not believe a clock that was set back: it counts from now',
      firstSeenAt: '2030-01-01T00:00:00Z',
      until: '2026-11-23T12:00:00.000Z',
    },
  ])('$because', ({ firstSeenAt, until }) => {
    const [reason] = decide({ soak: '24h' }, { firstSeenAt: at(firstSeenAt) });
    expect(reason === undefined ? null : new Date(reason.until ?? 0).toISOString()).toBe(until);
  });

  test('a digest that nobody knows closes', () => {
    expect(decide({ soak: '24h' }, { digest: null })).toMatchObject([{ reason: 'DigestUnknown', decision: 'Wait' }]);
  });
});

describe('a hold of a person', () => {
  test.for([
    { because: 'names the tag', hold: { tags: ['1.1.0', '1.2.0'] }, held: true },
    { because: 'names other tags', hold: { tags: ['1.3.0'] }, held: false },
    { because: 'names a range that has it', hold: { range: '>=1.2.0' }, held: true },
    { because: 'takes the pre-releases of its range along', hold: { range: '>=1.2.0' }, bump: { tag: '1.3.0-rc.1' }, held: true },
    { because: 'names a range that does not', hold: { range: '^2.0.0' }, held: false },
    { because: 'says nothing of what is no version', hold: { range: '>=1.0.0' }, bump: { tag: 'latest' }, held: false },
    { because: 'names the digest, whatever the tag', hold: { digests: [digest] }, bump: { tag: 'latest' }, held: true },
    { because: 'ends with another digest', hold: { digests: [other] }, held: false },
    { because: 'has ended', hold: { tags: ['1.2.0'], until: '2026-11-22T12:00:00Z' }, held: false },
    { because: 'lasts', hold: { tags: ['1.2.0'], until: '2026-11-22T12:00:01Z' }, held: true },
    { because: 'is of another policy', hold: { policy: 'api', tags: ['1.2.0'] }, held: false },
    { because: 'is of a policy of that name elsewhere', hold: { policy: 'other/web', tags: ['1.2.0'] }, held: false },
    { because: 'names namespace and name', hold: { policy: 'shop/web', tags: ['1.2.0'] }, held: true },
  ])('$because', ({ hold, bump: difference = {}, held }) => {
    expect(decide({ holds: [{ policy: 'web', ...hold }] }, difference).some(({ reason }) => reason === 'Held')).toBe(held);
  });

  test('on a digest closes while the digest is not known', () => {
    expect(decide({ holds: [{ policy: 'web', digests: [other] }] }, { digest: null })).toMatchObject([
      { reason: 'DigestUnknown' },
    ]);
  });

  test('tells who, why and until when', () => {
    const [reason] = decide({
      holds: [{ policy: 'web', tags: ['1.2.0'], by: 'ann', reason: 'leaks', until: '2026-12-01T00:00:00Z' }],
    });
    expect(reason?.message).toBe('held by ann: leaks (until 2026-12-01T00:00:00Z)');
  });
});

test('it is worth waking when the last of all known times has come, and not where none is known', () => {
  const reasons = decide({ windows: [{ cron: '0 9 * * 1', duration: '1h' }], soak: '72h' }, { firstSeenAt: now });
  expect(wakeTimeOf(reasons)).toBe(at('2026-11-25T12:00:00Z'));
  expect(wakeTimeOf(decide({ holds: [{ policy: 'web', tags: ['1.2.0'] }] }))).toBeNull();
});
