import { expect, test } from 'vitest';
import { compileGuard } from '../../src/guard/index.ts';
import { at, updateGuard } from './guard-fixture.ts';

test.for([
  {
    because: 'a window of no minutes',
    spec: { windows: [{ cron: '0 9 * * *', duration: '0m' }] },
    says: 'a window of no time is never open',
  },
  {
    because: 'a zone nobody knows',
    spec: { windows: [{ cron: '0 9 * * *', duration: '1h', timeZone: 'Mars/Olympus' }] },
    says: 'spec.windows[0]: "Mars/Olympus"',
  },
  { because: 'no window at all in the list', spec: { windows: [] }, says: 'spec.windows' },
  {
    because: 'a freeze that ends before it begins',
    spec: { freezes: [{ from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }] },
    says: 'a freeze ends after it begins',
  },
  {
    because: 'a freeze without times',
    spec: { freezes: [{ from: 'monday', to: 'friday' }] },
    says: 'spec.freezes[0]: from and to must be times',
  },
  { because: 'a range that is none', spec: { holds: [{ policy: 'web', range: '>>1' }] }, says: 'spec.holds[0].range' },
  { because: 'a hold on nothing', spec: { holds: [{ policy: 'web' }] }, says: 'a hold names tags, a range or digests' },
  {
    because: 'a gate that is no address',
    spec: { gate: { url: 'file:///etc/passwd', expression: 'true' } },
    says: 'spec.gate.url',
  },
  {
    because: 'a gate with a login in its address',
    spec: { gate: { url: 'https://a:b@gate.example', expression: 'true' } },
    says: 'it carries a login',
  },
  {
    because: 'a gate with too much patience',
    spec: { gate: { url: 'https://gate.example', expression: 'true', timeout: '2m' } },
    says: 'spec.gate.timeout',
  },
  {
    because: 'a requirement on nothing',
    spec: { requires: [{ healthyFor: '1h' }] },
    says: 'exactly one of kustomizationRef and rolloutSelector',
  },
  {
    because: 'a requirement on two things',
    spec: { requires: [{ kustomizationRef: { name: 'a' }, rolloutSelector: {} }] },
    says: 'exactly one of',
  },
  {
    because: 'a selector with an unknown operator',
    spec: { policySelector: { matchExpressions: [{ key: 'a', operator: 'Near', values: ['b'] }] } },
    says: 'spec.policySelector',
  },
  {
    because: 'both ways to sign at once',
    spec: { verify: [{ secretRef: { name: 'a' }, matchOIDCIdentity: [] }] },
    says: 'exactly one of secretRef and matchOIDCIdentity',
  },
  {
    because: 'an identity without a root of trust',
    spec: { verify: [{ matchOIDCIdentity: [{ issuer: 'a', subject: 'b' }] }] },
    says: 'needs a trusted root',
  },
  { because: 'a wrong type', spec: { soak: 5 }, says: 'spec.soak' },
])('$because is told', ({ spec, says }) => {
  const compiled = compileGuard(updateGuard(spec), at('2026-01-01T00:00:00Z'));
  expect(compiled.kind === 'invalid' ? compiled.problems.join('\n') : 'valid').toContain(says);
});

const windows = [{ cron: '60 9 * * *', duration: '1h', timeZone: 'Mars/Olympus' }];
const holds = [{ policy: 'web', range: '>>1' }];

test.for<{ because: string; spec: object; tells: string[] }>([
  {
    because: 'of one window and of several fields',
    spec: { windows, holds },
    tells: ['spec.windows[0]: "60 9', 'spec.windows[0]: "Mars/Olympus"', 'spec.holds[0].range'],
  },
  {
    because: 'what the schema finds, and what it cannot see',
    spec: { soak: 5, delivery: 'Pigeon', holds },
    tells: ['spec.soak', 'spec.delivery', 'spec.holds[0].range'],
  },
])('every mistake is told at once: $because', ({ spec, tells }) => {
  const compiled = compileGuard(updateGuard(spec), 0);
  const problems = compiled.kind === 'invalid' ? compiled.problems : [];
  expect(problems.length).toBe(tells.length);
  expect(tells.filter((start) => !problems.some((problem) => problem.startsWith(start)))).toEqual([]);
});

test('a guard that says nothing is valid', () => {
  expect(compileGuard(updateGuard({}), 0).kind).toBe('guard');
});
