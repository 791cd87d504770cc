import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { createMetrics } from '../../src/web/index.ts';

function kustomization(name: string, more: { status?: object; spec?: object; metadata?: object } = {}): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'apps', ...more.metadata },
    spec: { ...more.spec },
    status: { ...more.status },
  };
}

const ready = (status: string, reason: string) => ({ conditions: [{ type: 'Ready', status, reason }] });

async function expose(
  objects: () => readonly KubeObject[],
  feed: (metrics: ReturnType<typeof createMetrics>) => void = () => {},
) {
  const metrics = createMetrics({ depths: () => [{ kind: 'Kustomization', waiting: 2, running: 1 }], objects });
  feed(metrics);
  const { text } = await metrics.expose();
  const lines = text.split('\n');
  return { metrics, starting: (prefix: string) => lines.filter((line) => line.startsWith(prefix)) };
}

test('Ready is told as Flux tells it: one of True, False, Unknown, Deleted is 1', async () => {
  const objects = [
    kustomization('a', { status: ready('True', 'ReconciliationSucceeded') }),
    kustomization('new'),
    kustomization('going', { status: ready('True', 'x'), metadata: { deletionTimestamp: '2030-01-01T00:00:00Z' } }),
  ];
  const { starting } = await expose(() => objects);
  const current = starting('gotk_reconcile_condition{').filter((line) => line.endsWith(' 1'));
  const labels = (name: string, status: string) =>
    `gotk_reconcile_condition{kind="Kustomization",name="${name}",namespace="apps",type="Ready",status="${status}"} 1`;
  expect(current).toEqual([labels('a', 'True'), labels('new', 'Unknown'), labels('going', 'Deleted')]);
});

test('what an object is and where it stands is one line', async () => {
  const status = { ...ready('False', 'BuildFailed'), lastAppliedRevision: 'main@sha1:abc' };
  const { starting } = await expose(() => [kustomization('a', { status, spec: { suspend: true } })]);
  expect(starting('gotk_resource_info{')).toEqual([
    'gotk_resource_info{customresource_group="kustomize.toolkit.fluxcd.io",customresource_version="v1",customresource_kind="Kustomization",exported_namespace="apps",name="a",ready="False",suspended="true",reason="BuildFailed",revision="main@sha1:abc"} 1',
  ]);
  expect(starting('gotk_suspend_status{')).toEqual(['gotk_suspend_status{kind="Kustomization",name="a",namespace="apps"} 1']);
});

test('an object that is gone leaves no line', async () => {
  let objects = [kustomization('a')];
  const { metrics } = await expose(() => objects);
  objects = [];
  const { text } = await metrics.expose();
  expect(text).not.toContain('name="a"');
});

test('runs are counted and timed, in the steps of Flux', async () => {
  const { starting } = await expose(
    () => [],
    (metrics) => {
      metrics.observeRun({ kind: 'Kustomization', key: 'apps/a', result: 'done', durationMs: 30 });
      metrics.observeRun({ kind: 'Kustomization', key: 'apps/a', result: 'failed', durationMs: 5 });
    },
  );
  expect(starting('controller_runtime_reconcile_total{')).toEqual([
    'controller_runtime_reconcile_total{controller="kustomization",result="success"} 1',
    'controller_runtime_reconcile_total{controller="kustomization",result="error"} 1',
  ]);
  const buckets = starting('gotk_reconcile_duration_seconds_bucket{');
  expect(buckets[0]).toContain('le="0.01"');
  expect(buckets.at(-2)).toMatch(/le="(1800|1799\.9+\d*|1800\.0+\d*)"/);
  expect(starting('tagalong_queue_depth{')).toHaveLength(2);
});

test('rollouts are counted by outcome, and each step is measured', async () => {
  const { starting } = await expose(
    () => [],
    (metrics) => {
      metrics.observeRollout({ namespace: 'apps', outcomes: ['Healthy'], hops: [{ hop: 'applied to healthy', seconds: 4 }] });
      metrics.observeRollout({ namespace: 'apps', outcomes: ['Failed', 'RolledBack'], hops: [] });
    },
  );
  expect(starting('tagalong_rollouts_total{')).toEqual([
    'tagalong_rollouts_total{namespace="apps",outcome="Healthy"} 1',
    'tagalong_rollouts_total{namespace="apps",outcome="Failed"} 1',
    'tagalong_rollouts_total{namespace="apps",outcome="RolledBack"} 1',
  ]);
  expect(starting('tagalong_rollout_hop_seconds_sum{')).toEqual(['tagalong_rollout_hop_seconds_sum{hop="applied_to_healthy"} 4']);
});

test('what is held, what waits for guards, and what scans found is told by object', async () => {
  const object = (kind: string, name: string, status: object): KubeObject => ({ ...kustomization(name, { status }), kind });
  const held = (message: string, status = 'True') => ({ conditions: [{ type: 'Held', status, message }] });
  const { starting } = await expose(() => [
    object('ImageUpdateAutomation', 'two', held('a is held\nb is held')),
    object('ImageUpdateAutomation', 'many', held('a is held\n… and 12 more')),
    object('ImageUpdateAutomation', 'free', held('nothing', 'False')),
    object('ImageUpdateAutomation', 'new', {}),
    object('UpdateGuard', 'office', {
      guarded: [{ reason: 'Frozen', automation: 'apps/a' }, { reason: 'Frozen', automation: 'apps/b' }, { reason: 'NotSigned' }],
    }),
    object('ImageRepository', 'web', { lastScanResult: { tagCount: 7, scanTime: '2026-01-01T00:00:00Z' } }),
    object('ImageRepository', 'never', {}),
  ]);
  const labels = (name: string) => `{namespace="apps",name="${name}"}`;
  expect(starting('tagalong_holds{')).toEqual([
    `tagalong_holds${labels('two')} 2`,
    `tagalong_holds${labels('many')} 13`,
    `tagalong_holds${labels('free')} 0`,
    `tagalong_holds${labels('new')} 0`,
  ]);
  expect(starting('tagalong_guarded_updates{')).toEqual([
    'tagalong_guarded_updates{namespace="apps",name="office",reason="Frozen"} 2',
  ]);
  expect(starting('tagalong_image_tags{')).toEqual([`tagalong_image_tags${labels('web')} 7`]);
  expect(starting('tagalong_last_scan_timestamp_seconds{')).toEqual([
    `tagalong_last_scan_timestamp_seconds${labels('web')} 1767225600`,
  ]);
});
