import { expect, test } from 'vitest';
import type { Resource } from '../../src/api/index.ts';
import { Timeline } from '../../src/cli/timeline.ts';
import { gitRepository, imagePolicy, imageRepository, imageUpdateAutomation } from '../journeys/support/resources.ts';

const withStatus = (object: object, status: object) => ({ ...object, status }) as Resource;
const repository = (...tags: string[]) =>
  withStatus(imageRepository('example.com/web'), {
    lastScanResult: { tagCount: tags.length, revision: tags.join(), latestTags: tags },
  });
const policy = (tag: string) => withStatus(imagePolicy('web'), { latestRef: { name: 'example.com/web', tag } });
const automation = (commit: string, tag: string, held = '') =>
  withStatus(imageUpdateAutomation(), {
    lastPushCommit: commit,
    observedPolicies: { web: { name: 'example.com/web', tag } },
    observedSourceRevision: `main@sha1:${commit}`,
    conditions: held === '' ? [] : [{ type: 'Held', status: 'True', reason: 'Reverted', message: held }],
  });
const source = (commit: string) =>
  withStatus(gitRepository('http://example.com/x.git'), { artifact: { revision: `main@sha1:${commit}` } });
const kustomization = (commit: string, ready: string, message = 'Applied') =>
  withStatus(
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'apps', namespace: 'default' },
      spec: {},
    },
    {
      lastAppliedRevision: `main@sha1:${commit}`,
      inventory: { entries: [{ id: 'default_web_apps_Deployment' }] },
      conditions: [
        { type: 'Ready', status: ready, reason: ready === 'True' ? 'ReconciliationSucceeded' : 'BuildFailed', message },
      ],
    },
  );
const [old, fresh] = ['a'.repeat(40), 'b'.repeat(40)];
const shown = (hops: ReturnType<Timeline['observe']>) => hops.map(({ kind, text, sinceMs }) => [kind, text, sinceMs]);

test('a bump is followed from the tag to health, with the time since its first hop', () => {
  const timeline = new Timeline();
  const hops = [
    ...timeline.observe(repository('1.0.0'), repository('1.1.0', '1.0.0'), 1000),
    ...timeline.observe(policy('1.0.0'), policy('1.1.0'), 1100),
    ...timeline.observe(automation(old, '1.0.0'), automation(fresh, '1.1.0'), 1500),
    ...timeline.observe(source(old), source(fresh), 1600),
    ...timeline.observe(kustomization(old, 'True'), kustomization(fresh, 'True'), 2000),
  ];
  expect(shown(hops)).toEqual([
    ['tag seen', 'example.com/web: 1.1.0', 0],
    ['selected', '1.0.0 → example.com/web:1.1.0', 100],
    ['committed', 'bbbbbbb to main (web 1.1.0)', 500],
    ['stored', 'main@sha1:bbbbbbbb', 600],
    ['applied', 'main@sha1:bbbbbbbb, 1 object', 1000],
    ['healthy', 'Applied', 1000],
  ]);
});

test('what was planned and never came counts neither as new nor as pruned', () => {
  const timeline = new Timeline();
  const settled = kustomization(old, 'True');
  timeline.remember(settled);
  const entries = ['default_web_apps_Deployment', 'default_bad__ConfigMap'].map((id) => ({ id }));
  const planned = withStatus(settled, { ...settled.status, inventory: { entries } });
  const hops = [...timeline.observe(settled, planned, 1000), ...timeline.observe(planned, kustomization(fresh, 'True'), 2000)];
  expect(shown(hops)).toEqual([
    ['applied', 'main@sha1:bbbbbbbb, 1 object', 0],
    ['healthy', 'Applied', 0],
  ]);
});

test('kinds are watched one by one: a hop seen before its cause belongs to the same bump', () => {
  const timeline = new Timeline();
  const hops = [
    ...timeline.observe(policy('1.0.0'), policy('1.1.0'), 1000),
    ...timeline.observe(repository('1.0.0'), repository('1.1.0', '1.0.0'), 1010),
    ...timeline.observe(source(old), source(fresh), 1500),
    ...timeline.observe(automation(old, '1.0.0'), automation(fresh, '1.1.0'), 1510),
  ];
  expect(hops.map(({ kind, sinceMs }) => [kind, sinceMs])).toEqual([
    ['selected', 0],
    ['tag seen', 10],
    ['stored', 500],
    ['committed', 510],
  ]);
});

test('the next tag begins a bump of its own', () => {
  const timeline = new Timeline();
  timeline.observe(repository('1.0.0'), repository('1.1.0'), 1000);
  timeline.observe(policy('1.0.0'), policy('1.1.0'), 1000);
  const [seen] = timeline.observe(repository('1.1.0'), repository('1.2.0'), 5000);
  const [selected] = timeline.observe(policy('1.1.0'), policy('1.2.0'), 5100);
  expect([seen?.sinceMs, selected?.sinceMs]).toEqual([0, 100]);
});

test("a person's commit is a chain of its own", () => {
  const timeline = new Timeline();
  const [stored] = timeline.observe(source(old), source(fresh), 1000);
  const [applied] = timeline.observe(kustomization(old, 'True'), kustomization(fresh, 'True'), 1300);
  expect([stored?.sinceMs, applied?.sinceMs]).toEqual([0, 300]);
});

test('each held marker is told once, and its release too', () => {
  const timeline = new Timeline();
  const hops = [
    ...timeline.observe(automation(old, '1.1.0'), automation(old, '1.1.0', 'one\ntwo'), 1),
    ...timeline.observe(automation(old, '1.1.0', 'one\ntwo'), automation(old, '1.1.0', 'one\ntwo'), 2),
    ...timeline.observe(automation(old, '1.1.0', 'one\ntwo'), automation(old, '1.1.0'), 3),
  ];
  expect(hops.map(({ kind, text }) => [kind, text])).toEqual([
    ['held', 'one'],
    ['held', 'two'],
    ['released', 'nothing is held any more'],
  ]);
});

const event = (message: string, revision = `main@sha1:${old}`, type = 'Normal', reason = 'Progressing') => {
  return { type, reason, message, revision, involved: { kind: 'Kustomization', namespace: 'default', name: 'apps' } };
};

test('a failure is told once, whether the object or its event says it first', () => {
  const timeline = new Timeline();
  const broken = kustomization(old, 'False', 'apps/web.yaml:3: no');
  const first = timeline.observe(kustomization(old, 'True'), broken, 1);
  const again = timeline.observe(broken, broken, 2);
  const told = timeline.observeEvent(event('apps/web.yaml:3: no', '', 'Warning', 'BuildFailed'), 3);
  expect([shown(first), again, told]).toEqual([[['failed', 'BuildFailed: apps/web.yaml:3: no', null]], [], null]);
});

test('a change at a revision that had settled before is drift; at a new one it is the apply', () => {
  const timeline = new Timeline();
  timeline.remember(kustomization(old, 'True'));
  const drift = timeline.observeEvent(event('Deployment/default/web configured'), 10_000);
  timeline.observe(source(old), source(fresh), 20_000);
  const change = timeline.observeEvent(
    event('Deployment/default/web configured\nService/default/web created', `main@sha1:${fresh}`),
    20_100,
  );
  expect([drift, change].map((hop) => [hop?.kind, hop?.text, hop?.sinceMs])).toEqual([
    ['drift', 'corrected: Deployment/default/web configured', null],
    ['changed', 'Deployment/default/web configured, Service/default/web created', 100],
  ]);
});

test('an event that only says that a run is over is no hop', () => {
  expect(new Timeline().observeEvent(event('Reconciliation finished in 2s, next run in 1h0m0s'), 1)).toBeNull();
});
