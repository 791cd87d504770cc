import { expect, test } from 'vitest';
import type { GuardedBump } from '../../src/api/index.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { updateGuard } from './support/resources.ts';
import { type Loop, startLoop } from './support/start-loop.ts';

const kind = { group: 'tagalong.dev', version: 'v1alpha1', kind: 'UpdateGuard' } as const;
const five = Object.fromEntries(['api', 'bus', 'cart', 'desk', 'echo'].map((name) => [name, ['1.0.0']] as const));
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A daily window that opens in two to three hours, and when that is. */
function laterToday(loop: Loop): { readonly window: object; readonly opensAt: number } {
  const opensAt = Math.ceil((loop.clock.now() + 2 * hourMs) / hourMs) * hourMs;
  return { window: { cron: `0 ${new Date(opensAt).getUTCHours()} * * *`, duration: '30m' }, opensAt };
}

async function guardStatus(loop: Loop, name = 'guard', namespace = 'default') {
  const guard = await loop.cluster.get({ ...kind, namespace, name });
  return (guard?.['status'] ?? {}) as {
    guarded?: GuardedBump[];
    selected?: string[];
    conditions?: { type: string; reason: string; message: string }[];
  };
}

/** The bumps that a guard keeps waiting, by policy, for one reason. */
function waits(loop: Loop, reason: string, count = 1, name = 'guard', namespace = 'default'): Promise<GuardedBump[]> {
  return loop.until(`${count} to wait for ${reason}`, async () => {
    const guarded = (await guardStatus(loop, name, namespace)).guarded ?? [];
    const found = guarded.filter((one) => one.reason === reason);
    return found.length === count && found;
  });
}

/** Applies a guard, and waits until it was looked at. */
async function guarded(loop: Loop, guard: KubeObject): Promise<void> {
  await loop.apply(guard);
  const { name, namespace = '' } = guard.metadata;
  await loop.until(`UpdateGuard ${name} to be looked at`, async () => (await guardStatus(loop, name, namespace)).selected);
}

async function pushAll(loop: Loop, tag: string): Promise<void> {
  for (const name of Object.keys(five)) await loop.pushTag(name, tag);
}

const automation = (loop: Loop, type: string) => loop.condition('ImageUpdateAutomation', 'fleet', type);

async function staysAt(loop: Loop, head: string): Promise<void> {
  for (let round = 0; round < 2; round += 1) await loop.request('ImageUpdateAutomation', 'fleet');
  expect(await loop.main.head()).toBe(head);
}

test('a window opens while five bumps wait: one push, with the newest of each', async () => {
  await using loop = await startLoop({ images: five });
  await loop.settles();
  const { window, opensAt } = laterToday(loop);
  await guarded(loop, updateGuard({ windows: [window] }));
  const head = await loop.main.head();
  const before = pushesOf(loop);
  await pushAll(loop, '1.1.0');
  await waits(loop, 'OutsideWindow', 5);
  await pushAll(loop, '1.2.0');
  const waiting = await loop.until('the newest to wait', async () => {
    const found = await waits(loop, 'OutsideWindow', 5);
    return found.every(({ candidate }) => candidate.endsWith(':1.2.0')) && found;
  });
  expect(waiting.map(({ until }) => until)).toEqual(Array(5).fill(`${new Date(opensAt).toISOString().slice(0, 19)}Z`));
  expect((await automation(loop, 'Guarded'))?.reason).toBe('OutsideWindow');
  await staysAt(loop, head);
  loop.clock.skip(opensAt - loop.clock.now());
  for (const name of Object.keys(five)) await loop.lands(`apps/${name}.yaml`, ':1.2.0');
  const commits = (await loop.main.commits()).slice(0, 5);
  expect(commits.map(({ files }) => files.join())).toEqual(
    Object.keys(five)
      .toReversed()
      .map((name) => `apps/${name}.yaml`),
  );
  expect(pushesOf(loop) - before).toBe(1);
  await loop.until('nothing to wait', async () => ((await guardStatus(loop)).guarded ?? []).length === 0);
  await loop.until('the condition to go', async () => (await automation(loop, 'Guarded')) === undefined);
}, 40_000);

test('a freeze in the guard namespace beats a tenant whose own guard is open', async () => {
  await using loop = await startLoop({
    extra: [namespace('flux-system'), updateGuard({ windows: [{ cron: '* * * * *', duration: '1h' }] }, 'own')],
  });
  await loop.settles();
  const to = new Date(loop.clock.now() + 5 * hourMs).toISOString();
  const freeze = { from: '2020-01-01T00:00:00Z', to, reason: 'Christmas' };
  await guarded(loop, inNamespace(updateGuard({ freezes: [freeze] }, 'org'), 'flux-system'));
  const head = await loop.main.head();
  await loop.pushTag('web', '1.1.0');
  const [frozen] = await waits(loop, 'Frozen', 1, 'org', 'flux-system');
  expect(frozen).toMatchObject({
    policy: 'default/web',
    automation: 'default/fleet',
    decision: 'Wait',
    message: expect.stringContaining('Christmas'),
  });
  await staysAt(loop, head);
  loop.clock.skip(5 * hourMs);
  await loop.lands('apps/web.yaml', ':1.1.0');
}, 40_000);

function pushesOf(loop: Loop): number {
  return loop.gitHost.requests.filter(({ service, method }) => service === 'git-receive-pack' && method === 'POST').length;
}

function namespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function inNamespace(object: KubeObject, to: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace: to } };
}
