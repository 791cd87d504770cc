import { describe, expect, test } from 'vitest';
import type { Rollout } from '../../src/api/index.ts';
import type { KubeObject, Marker } from '../../src/core/index.ts';
import {
  bumpsOf,
  findUnrelatedFailure,
  fingerprintOf,
  healthySince,
  imageOfChanges,
  joinFacts,
  planInverse,
  type RolloutFacts,
} from '../../src/rollout/index.ts';

const policy = { namespace: 'default', name: 'web' };
const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const marker = (value: string, path = 'spec.image', part: Marker['part'] = 'image'): Marker => ({
  ...{ file: 'web.yaml', line: 7, column: 1, start: 0, end: 0, document: 0, path, part, value, policy, object },
});
const change = (from: string, to: string, path = 'spec.image') => ({
  file: 'web.yaml',
  object,
  path,
  part: 'image' as const,
  from,
  to,
});

describe('the bumps of a commit', () => {
  test('are by policy; markers that came or went are none', () => {
    const other = { ...marker('b:2', 'spec.other'), policy: { namespace: 'default', name: 'api' } };
    const files = [
      {
        before: [marker('a:1'), { ...other, value: 'b:1' }, marker('c:1', 'spec.gone')],
        after: [marker('a:2'), other, marker('d:1', 'spec.new')],
      },
    ];
    expect(bumpsOf(files).map(({ policy: { name }, changes }) => [name, changes.map(({ from, to }) => [from, to])])).toEqual([
      ['web', [['a:1', 'a:2']]],
      ['api', [['b:1', 'b:2']]],
    ]);
  });

  test('tell the image, and the tag before where there was one', () => {
    expect(imageOfChanges([change('r/a:1', 'r/a:2@sha256:0')], '')).toEqual({
      name: 'r/a',
      tag: '2',
      digest: 'sha256:0',
      previousTag: '1',
    });
    expect(imageOfChanges([change('r/a:1', 'r/a:3'), change('r/a:2', 'r/a:3')], '')).toEqual({ name: 'r/a', tag: '3' });
    expect(imageOfChanges([{ ...change('1', '2'), part: 'tag' }], 'r/a')).toEqual({ name: 'r/a', tag: '2', previousTag: '1' });
  });
});

describe('the inverse of a bump', () => {
  test.for([
    { because: 'the new value stands there', now: ['a:2', 'a:2'], kind: 'edits', count: 2 },
    { because: 'somebody took a part back already', now: ['a:1', 'a:2'], kind: 'edits', count: 1 },
    { because: 'everything is back already', now: ['a:1', 'a:1'], kind: 'undone', count: 0 },
    { because: 'one line was edited since', now: ['a:2', 'a:9'], kind: 'conflict', count: 0 },
    { because: 'one marker is gone', now: ['a:2'], kind: 'conflict', count: 0 },
  ])('$kind where $because', ({ now, kind, count }) => {
    const changes = [change('a:1', 'a:2', 'x'), change('a:1', 'a:2', 'y')];
    const plan = planInverse(
      policy,
      changes,
      now.map((value, index) => marker(value, ['x', 'y'][index])),
    );
    expect({ kind: plan.kind, count: plan.kind === 'edits' ? plan.edits.length : 0 }).toEqual({ kind, count });
    if (plan.kind === 'edits') expect(plan.edits.every(({ before, after }) => before === 'a:2' && after === 'a:1')).toBe(true);
  });
});

describe('a fingerprint', () => {
  const workload = (image: string, more: object = {}, replicas = 1): KubeObject => ({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } },
    spec: {
      replicas,
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }], ...more } },
    },
  });
  const masks = ['r/a:1', 'r/a:2', '1', '2'];

  test('is the same whatever the version and the replicas, and whatever the order of fields', () => {
    expect(fingerprintOf(workload('r/a:2', {}, 5), masks)).toBe(fingerprintOf(workload('r/a:1'), masks));
  });

  test.for([{ terminationGracePeriodSeconds: 5 }, { containers: [{ name: 'web', image: 'r/b:1' }] }])(
    'is another one with %j',
    (more) => {
      expect(fingerprintOf(workload('r/a:2', more), masks)).not.toBe(fingerprintOf(workload('r/a:1'), masks));
    },
  );
});

const rollout = (name: string, status: Rollout['status'], image = `r/${name}`): Rollout => ({
  ...{ apiVersion: 'tagalong.dev/v1alpha1', kind: 'Rollout', metadata: { name, namespace: 'default' } },
  spec: {
    ...{ automation: { name: 'fleet' }, writer: 'c/default/fleet', policy: { name }, image: { name: image, tag: '2' } },
    ...{
      repository: 'https://git.example/x',
      branch: 'main',
      commit: 'c'.repeat(40),
      changes: [],
      committedAt: '2026-01-01T00:00:00Z',
    },
  },
  ...(status === undefined ? {} : { status }),
});

describe('the breaker', () => {
  const failed = (name: string, at: string, image?: string) => rollout(name, { phases: [{ phase: 'Failed', at }] }, image);
  const now = Date.parse('2026-01-01T01:00:00Z');

  test.for([
    { because: 'another image failed five minutes ago', other: failed('api', '2026-01-01T00:55:00Z'), opens: true },
    { because: 'another image failed an hour ago', other: failed('api', '2026-01-01T00:00:00Z'), opens: false },
    { because: 'the same image failed elsewhere', other: failed('web-eu', '2026-01-01T00:59:00Z', 'r/web'), opens: false },
    { because: 'nothing failed', other: rollout('api', { phases: [] }), opens: false },
  ])('opens=$opens where $because', ({ other, opens }) => {
    expect(findUnrelatedFailure(rollout('web', {}), [other], now) !== null).toBe(opens);
  });
});

describe('health for a promotion', () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  const workload = (difference: object = {}) => ({
    ...{ kustomization: 'default/staging', kind: 'Deployment', namespace: 'shop', name: 'web', state: 'Healthy' as const },
    ...{ digest, healthySince: '2026-01-01T00:10:00Z', ...difference },
  });
  const since = (workloads: ReturnType<typeof workload>[], question: object = {}) =>
    healthySince(rollout('web', { phase: 'Healthy', workloads }), { image: { name: 'r/web', tag: '2', digest }, ...question });

  test('begins when the last of its workloads became healthy', () => {
    expect(since([workload(), workload({ name: 'jobs', healthySince: '2026-01-01T00:30:00Z' })])).toBe(
      Date.parse('2026-01-01T00:30:00Z'),
    );
  });

  test.for([
    { because: 'another digest runs there', given: [workload({ digest: `sha256:${'2'.repeat(64)}` })] },
    { because: 'which digest runs is not known', given: [workload({ digest: undefined })] },
    { because: 'one workload is under way', given: [workload(), workload({ name: 'jobs', state: 'Progressing' })] },
    { because: 'nothing is proven', given: [workload({ state: 'Unproven' })] },
    { because: 'nothing is there', given: [] },
  ])('is none where $because', ({ given }) => {
    expect(since(given as ReturnType<typeof workload>[])).toBeNull();
  });

  test('counts only what the Kustomization applies that is asked about', () => {
    const both = [workload(), workload({ kustomization: 'default/edge', state: 'Failed' })];
    expect(since(both, { kustomization: { namespace: 'default', name: 'staging' } })).toBe(Date.parse('2026-01-01T00:10:00Z'));
    expect(since(both)).toBeNull();
  });
});

describe('joining facts', () => {
  const facts = (difference: Partial<RolloutFacts> = {}): RolloutFacts => ({
    ...{ standing: { kind: 'stands' }, fetched: false, reached: [], pending: [], workloads: [], timedOut: false, ...difference },
  });
  const now = Date.parse('2026-01-01T00:05:00Z');
  const seen = (state: 'Healthy' | 'Progressing' | 'Failed' | 'Unproven', name = 'web') => ({
    ...{ kustomization: 'default/apps', kind: 'Deployment', namespace: 'shop', name, state, message: state, evidence: null },
  });
  const reached = { fetched: true, reached: ['default/apps'] };
  const pending = [{ kustomization: 'default/edge', message: 'is applying', failed: false }];

  test.for([
    { because: 'nobody fetched it', given: {}, phase: 'Committed' },
    { because: 'a source has it', given: { fetched: true, pending }, phase: 'Fetched' },
    {
      because: 'one Kustomization is still to come',
      given: { ...reached, pending, workloads: [seen('Healthy')] },
      phase: 'Fetched',
    },
    { because: 'a workload is under way', given: { ...reached, workloads: [seen('Progressing')] }, phase: 'Applied' },
    { because: 'all are healthy', given: { ...reached, workloads: [seen('Healthy')] }, phase: 'Healthy' },
    {
      because: 'one of two is unproven',
      given: { ...reached, workloads: [seen('Healthy'), seen('Unproven', 'cron')] },
      phase: 'Healthy',
    },
    { because: 'one of two failed', given: { ...reached, workloads: [seen('Healthy'), seen('Failed', 'api')] }, phase: 'Failed' },
    { because: 'no workload runs it', given: reached, phase: 'Unproven' },
    { because: 'nobody applies it', given: { fetched: true }, phase: 'Unproven' },
    { because: 'it never came to a Kustomization in time', given: { fetched: true, pending, timedOut: true }, phase: 'Failed' },
    {
      because: 'something newer followed',
      given: { ...reached, standing: { kind: 'superseded', because: 'followed by 3' } },
      phase: 'Superseded',
    },
  ] as const)('$phase where $because', ({ given, phase }) => {
    expect(joinFacts(rollout('web', {}), facts(given as Partial<RolloutFacts>), now).status.phase).toBe(phase);
  });

  test('a phase is entered once, with its time, and an end is an end', () => {
    const first = joinFacts(rollout('web', {}), facts({ ...reached, workloads: [seen('Healthy')] }), now);
    expect(first.entered.map(({ phase }) => phase)).toEqual(['Fetched', 'Applied', 'Healthy']);
    const again = joinFacts(rollout('web', first.status), facts({ ...reached, workloads: [seen('Healthy')] }), now + 60_000);
    expect(again.entered).toEqual([]);
    expect(again.status.healthySince).toBe('2026-01-01T00:05:00Z');
    const ended = rollout('web', { ...first.status, phase: 'Superseded' });
    expect(joinFacts(ended, facts({ ...reached, workloads: [seen('Failed')] }), now).entered).toEqual([]);
  });
});
