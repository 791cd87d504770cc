import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  type Home,
  kustomization,
  kustomizationRef,
  type Process,
  startHome,
  startProcess,
  statusOf,
  waitReady,
  waitReason,
} from './kustomization-fixture.ts';

let home: Home;
let running: Process;

beforeEach(async () => {
  home = await startHome();
  running = await startProcess(home);
});

afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const origin = 'main@sha1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const made = { 'org.opencontainers.image.revision': origin, 'org.opencontainers.image.source': 'https://git.example/app' };
const group = 'kustomize.toolkit.fluxcd.io';

/** By reason: their names say nothing of their order. */
const eventsOf = async () => {
  const { items } = await home.cluster.list({ group: '', version: 'v1', kind: 'Event' }, { namespace: 'flux-system' });
  return items.toSorted((a, b) => (String(a['reason']) < String(b['reason']) ? -1 : 1));
};

test('an artifact that says what it was made from: status, history and events carry that too', async () => {
  const revision = await home.commit({ 'app/a.yaml': configMap('a') }, 'app', made);
  await home.create(kustomization('app'));
  await waitReady(home, 'app', revision);
  expect(await statusOf(home, 'app')).toMatchObject({
    lastAppliedRevision: revision,
    lastAppliedOriginRevision: origin,
    history: [{ metadata: { revision, originRevision: origin } }],
  });
  await waitUntil('both events', async () => (await eventsOf()).length >= 2);
  expect((await eventsOf()).map(({ reason, metadata }) => [reason, metadata.annotations])).toEqual([
    ['Progressing', { [`${group}/revision`]: revision, [`${group}/originRevision`]: origin }],
    [
      'ReconciliationSucceeded',
      { [`${group}/revision`]: revision, [`${group}/originRevision`]: origin, [`${group}/commit_status`]: 'update' },
    ],
  ]);
});

test('the next artifact says nothing of it: neither does status', async () => {
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }, 'app', made));
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a', '2') }));
  const status = await statusOf(home, 'app');
  expect(status).not.toHaveProperty('lastAppliedOriginRevision');
  expect(status?.history?.map(({ metadata }) => metadata?.['originRevision'])).toEqual([undefined, origin]);
});

test('the event of a failure names the revision it is about, so that a commit can be marked as failed', async () => {
  const revision = await home.commit({ 'app/a.yaml': 'a: [' }, 'app', made);
  await home.create(kustomization('app'));
  await waitReason(home, 'app', 'BuildFailed');
  await waitUntil('the event', async () => (await eventsOf()).length > 0);
  const [event] = await eventsOf();
  expect([event?.['type'], event?.['reason'], event?.metadata.annotations]).toEqual([
    'Warning',
    'BuildFailed',
    { [`${group}/revision`]: revision, [`${group}/originRevision`]: origin },
  ]);
  expect(await statusOf(home, 'app')).not.toHaveProperty('lastAppliedOriginRevision');
});

test('a failed revision leaves the origin of the one that is applied', async () => {
  const files = { 'app/a.yaml': configMap('a') };
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit(files, 'app', made));
  await home.commit({ 'app/a.yaml': 'a: [' }, 'app', { ...made, 'org.opencontainers.image.revision': 'main@sha1:bbbb' });
  await waitReason(home, 'app', 'BuildFailed');
  expect(await statusOf(home, 'app')).toMatchObject({ lastAppliedOriginRevision: origin });
});

test('what is deleted with it is told with the revision that was applied', async () => {
  const revision = await home.commit({ 'app/a.yaml': configMap('a') }, 'app', made);
  await home.create(kustomization('app'));
  await waitReady(home, 'app', revision);
  await home.cluster.delete(kustomizationRef('app'));
  const deletion = async () => (await eventsOf()).find(({ message }) => String(message).includes('ConfigMap/default/a deleted'));
  await waitUntil('the event', async () => (await deletion()) !== undefined);
  expect((await deletion())?.metadata.annotations).toEqual({
    [`${group}/revision`]: revision,
    [`${group}/originRevision`]: origin,
  });
});
