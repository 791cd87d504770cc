import { describe, expect, test } from 'vitest';
import {
  claimLease,
  decideLease,
  formatMicroTime,
  LeaseError,
  type LeaseRecord,
  parseLease,
  releaseLease,
  renderLease,
} from '../../src/lease/index.ts';

const written: LeaseRecord = {
  holder: 'somebody',
  durationMs: 15_000,
  acquireTime: '2030-01-01T00:00:00.000000Z',
  renewTime: '2030-01-01T00:00:10.000000Z',
  transitions: 3,
};

describe('whether a Lease may be taken', () => {
  test.for([
    { because: 'nobody ever made one', record: null, nowMs: 0, does: 'create' },
    { because: 'it is ours', record: { ...written, holder: 'me' }, nowMs: 1_000, does: 'renew' },
    { because: 'it is ours, however late that is', record: { ...written, holder: 'me' }, nowMs: 900_000, does: 'renew' },
    { because: 'it was let go of', record: { ...written, holder: '' }, nowMs: 0, does: 'take' },
    { because: 'its holder was just seen', record: written, nowMs: 0, does: 'wait' },
    { because: 'its holder has one more millisecond', record: written, nowMs: 14_999, does: 'wait' },
    { because: 'its holder was silent for all of its time', record: written, nowMs: 15_000, does: 'take' },
    { because: 'the holder asked for more time', record: { ...written, durationMs: 60_000 }, nowMs: 59_999, does: 'wait' },
    {
      because: 'the holder’s clock is an hour ahead',
      record: { ...written, renewTime: '2030-01-01T01:00:00Z' },
      nowMs: 15_000,
      does: 'take',
    },
    {
      because: 'the holder’s clock is an hour behind',
      record: { ...written, renewTime: '2029-12-31T23:00:00Z' },
      nowMs: 14_999,
      does: 'wait',
    },
    { because: 'a time that is none decides nothing', record: { ...written, renewTime: 'soon' }, nowMs: 14_999, does: 'wait' },
  ])('$because: $does', ({ record, nowMs, does }) => {
    expect(decideLease({ record, seenAtMs: 0 }, 'me', nowMs).do).toBe(does);
  });

  test('what is waited for is counted from the moment it was seen here', () => {
    expect(decideLease({ record: written, seenAtMs: 7_000 }, 'me', 8_000)).toEqual({
      do: 'wait',
      because: 'somebody holds it',
      holder: 'somebody',
      untilMs: 22_000,
    });
  });
});

describe('what is written', () => {
  const now = '2030-01-01T00:01:00.000000Z';
  test.for([
    { because: 'the first holder', before: null, acquireTime: now, transitions: 0 },
    { because: 'another holder is one more transition', before: written, acquireTime: now, transitions: 4 },
    { because: 'after a release too', before: { ...written, holder: '' }, acquireTime: now, transitions: 4 },
    {
      because: 'a renewal keeps when it was acquired',
      before: { ...written, holder: 'me' },
      acquireTime: written.acquireTime,
      transitions: 3,
    },
  ])('$because', ({ before, acquireTime, transitions }) => {
    expect(claimLease(before, 'me', 15_000, now)).toEqual({
      holder: 'me',
      durationMs: 15_000,
      acquireTime,
      renewTime: now,
      transitions,
    });
  });

  test('a release names nobody, and whoever goes by its time waits a second at most', () => {
    expect(releaseLease(written, now)).toMatchObject({ holder: '', durationMs: 1000, transitions: 3 });
  });

  test('it reads back as it was written', () => {
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'x' }, spec: renderLease(written) };
    expect(parseLease(lease)).toEqual(written);
  });

  test('times have microseconds, as Kubernetes wants them', () => {
    expect(formatMicroTime(Date.parse('2030-01-01T00:00:00.123Z'))).toBe('2030-01-01T00:00:00.123000Z');
  });
});

test.for([
  { because: 'an empty Lease was never held', spec: undefined, reads: { holder: '', durationMs: 0, transitions: 0 } },
  {
    because: 'fields of another type are none',
    spec: { holderIdentity: 7, leaseTransitions: '1' },
    reads: { holder: '', transitions: 0 },
  },
])('$because', ({ spec, reads }) => {
  expect(parseLease({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'x' }, spec })).toMatchObject(reads);
});

test('a Lease that is held for no stated time is never taken for free', () => {
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'x' },
    spec: { holderIdentity: 'somebody' },
  };
  expect(() => parseLease(lease)).toThrow(LeaseError);
});
