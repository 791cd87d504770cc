import { describe, expect, test } from 'vitest';
import {
  answersOf,
  bindGuards,
  compileGuard,
  findContradictions,
  type KnownGuard,
  selectPolicies,
} from '../../src/guard/index.ts';
import { at, guardOf, imagePolicy, updateGuard } from './guard-fixture.ts';

const now = at('2026-11-22T12:00:00Z');
const web = imagePolicy('web', { labels: { tier: 'front' } });
const api = imagePolicy('api', { labels: { tier: 'back' } });
const elsewhere = imagePolicy('web', { namespace: 'other', labels: { tier: 'front' } });

function known(spec: object, names: Parameters<typeof updateGuard>[1] = {}): KnownGuard {
  const resource = updateGuard(spec, names);
  return { resource, compiled: compileGuard(resource, now) };
}

describe('a guard selects', () => {
  const front = { policySelector: { matchLabels: { tier: 'front' } } };
  const broken = { ...front, windows: [{ cron: '60 9 * * *', duration: '1h' }] };
  const unreadable = { policySelector: { matchExpressions: [{ key: 'tier', operator: 'Near', values: ['front'] }] } };
  test.for([
    { because: 'all policies of its namespace, without a selector', guard: known({}), selects: ['shop/api', 'shop/web'] },
    { because: 'by labels', guard: known(front), selects: ['shop/web'] },
    {
      because: 'in all namespaces, from the guard namespace',
      guard: known(front, { namespace: 'flux-system' }),
      selects: ['other/web', 'shop/web'],
    },
    { because: 'what it would select, where the rest of it cannot be obeyed', guard: known(broken), selects: ['shop/web'] },
    {
      because: 'also what it selected last, where it cannot be obeyed any more',
      guard: known(broken, { status: { observedGeneration: 1, selected: ['shop/api'] } }),
      selects: ['shop/api', 'shop/web'],
    },
    {
      because: 'all within reach, where even its selector cannot be read and nobody knows what it meant',
      guard: known(unreadable),
      selects: ['shop/api', 'shop/web'],
    },
    {
      because: 'what it selected last, where its selector cannot be read any more',
      guard: known(unreadable, { status: { observedGeneration: 1, selected: ['shop/api'] } }),
      selects: ['shop/api'],
    },
  ])('$because', ({ guard, selects }) => {
    expect(selectPolicies(guard, [web, api, elsewhere], 'flux-system')).toEqual(selects);
  });

  test('with all the others: each one binds, and those that cannot be obeyed are told apart', () => {
    const binding = bindGuards(
      [known({}), known(front, { name: 'org', namespace: 'flux-system' }), known(broken, { name: 'bad' })],
      web,
      'flux-system',
    );
    expect(binding.guards.map(({ name }) => name.name)).toEqual(['guard', 'org']);
    expect(binding.broken.map(({ name }) => name.name)).toEqual(['bad']);
  });
});

describe('where guards differ, the strictest wins', () => {
  test.for([
    {
      because: 'nobody says anything',
      specs: [{}],
      answers: { delivery: 'Push', onUnhealthy: 'Notify', healthTimeoutMs: 600_000 },
    },
    {
      because: 'one wants a pull request',
      specs: [{ delivery: 'Push' }, { delivery: 'PullRequest' }],
      answers: { delivery: 'PullRequest' },
    },
    {
      because: 'one wants a rollback',
      specs: [{ onUnhealthy: 'Ignore' }, { onUnhealthy: 'Rollback' }],
      answers: { onUnhealthy: 'Rollback' },
    },
    {
      because: 'one ignores, the others say nothing',
      specs: [{ onUnhealthy: 'Ignore' }, {}],
      answers: { onUnhealthy: 'Ignore' },
    },
    {
      because: 'the shortest time counts',
      specs: [{ healthTimeout: '20m' }, { healthTimeout: '5m' }],
      answers: { healthTimeoutMs: 300_000 },
    },
  ])('$because', ({ specs, answers }) => {
    expect(answersOf(specs.map((spec) => guardOf(spec)))).toMatchObject(answers);
  });
});

describe('guards that exclude each other', () => {
  const weekdays = { windows: [{ cron: '0 9 * * 1-5', duration: '8h' }] };
  test.for([
    {
      because: 'weekdays and weekends never meet',
      other: { windows: [{ cron: '0 9 * * 0,6', duration: '8h' }] },
      says: 'never open together; policy shop/web',
    },
    {
      because: 'mornings and nights never meet',
      other: { windows: [{ cron: '0 22 * * *', duration: '4h' }] },
      says: 'never open together',
    },
    {
      because: 'a Friday night reaches into no weekday',
      other: { windows: [{ cron: '0 17 * * 5', duration: '48h' }] },
      says: 'never open together',
    },
    { because: 'an hour a week is enough', other: { windows: [{ cron: '0 16 * * 5', duration: '2h' }] }, says: null },
    { because: 'a guard without windows excludes nobody', other: { soak: '1h' }, says: null },
    {
      because: 'guards of different policies never meet, and need not',
      other: { policySelector: { matchLabels: { tier: 'back' } }, windows: [{ cron: '0 9 * * 0', duration: '1h' }] },
      says: null,
    },
  ])('$because', ({ other, says }) => {
    const own = known({ ...weekdays, policySelector: { matchLabels: { tier: 'front' } } });
    const found = findContradictions(own, [own, known(other, { name: 'other' })], [web, api], 'flux-system', now);
    expect(found.join('\n')).toEqual(says === null ? '' : expect.stringContaining(says));
  });
});
