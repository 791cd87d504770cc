import { expect, test } from 'vitest';
import {
  applyGuard,
  automationWaits,
  deleteGuard,
  guardedFor,
  guardStatus,
  hourMs,
  inNamespace,
  laterToday,
  minuteMs,
  namespaceObject,
  pushesOf,
  staysAt,
} from './support/guard-loop.ts';
import { kustomization, updateGuard } from './support/resources.ts';
import { type Loop, startLoop } from './support/start-loop.ts';

const five = Object.fromEntries(['api', 'bus', 'cart', 'desk', 'echo'].map((name) => [name, ['1.0.0']] as const));
const names = Object.keys(five);
const web = 'apps/web.yaml';

async function pushAll(loop: Loop, tag: string): Promise<void> {
  for (const name of names) await loop.pushTag(name, tag);
}

/** Which of the five carry a tag. */
async function landedAt(loop: Loop, tag: string): Promise<string[]> {
  const files = await Promise.all(names.map((name) => loop.main.file(`apps/${name}.yaml`)));
  return names.filter((_, index) => files[index]?.includes(`:${tag}`));
}

test('a window opens while five bumps wait: one push, with the newest of each', async () => {
  await using loop = await startLoop({ images: five });
  await loop.settles();
  const { window, opensAt } = laterToday(loop);
  await applyGuard(loop, updateGuard({ windows: [window] }));
  const head = await loop.main.head();
  const before = pushesOf(loop);
  await pushAll(loop, '1.1.0');
  await guardedFor(loop, 'OutsideWindow', 5);
  await pushAll(loop, '1.2.0');
  const waiting = await loop.until('the newest to wait', async () => {
    const found = await guardedFor(loop, 'OutsideWindow', 5);
    return found.every(({ candidate }) => candidate.endsWith(':1.2.0')) && found;
  });
  expect(waiting.map(({ until }) => until)).toEqual(Array(5).fill(`${new Date(opensAt).toISOString().slice(0, 19)}Z`));
  await automationWaits(loop, 'OutsideWindow');
  await staysAt(loop, head);
  loop.clock.skip(opensAt - loop.clock.now());
  await loop.until('all to land', async () => (await landedAt(loop, '1.2.0')).length === 5);
  const commits = (await loop.main.commits()).slice(0, 5);
  expect(commits.map(({ files }) => files.join())).toEqual(names.toReversed().map((name) => `apps/${name}.yaml`));
  expect(pushesOf(loop) - before).toBe(1);
  await loop.until('nothing to wait', async () => ((await guardStatus(loop)).guarded ?? []).length === 0);
  await loop.until('the condition to go', async () => {
    return (await loop.condition('ImageUpdateAutomation', 'fleet', 'Guarded')) === undefined;
  });
});

test('a freeze in the guard namespace beats a tenant whose own guard is open', async () => {
  const open = updateGuard({ windows: [{ cron: '* * * * *', duration: '1h' }] }, 'own');
  await using loop = await startLoop({ extra: [namespaceObject('flux-system'), open] });
  await loop.settles();
  const to = new Date(loop.clock.now() + 5 * hourMs).toISOString();
  const freeze = { from: '2020-01-01T00:00:00Z', to, reason: 'Christmas' };
  await applyGuard(loop, inNamespace(updateGuard({ freezes: [freeze] }, 'org'), 'flux-system'));
  const head = await loop.main.head();
  await loop.pushTag('web', '1.1.0');
  const [frozen] = await guardedFor(loop, 'Frozen', 1, { name: 'org', namespace: 'flux-system' });
  expect(frozen).toMatchObject({ policy: 'default/web', automation: 'default/fleet', decision: 'Wait' });
  expect(frozen?.message).toContain('Christmas');
  await staysAt(loop, head);
  loop.clock.skip(5 * hourMs);
  await loop.lands(web, ':1.1.0');
});

test('a bot that follows one namespace alone still obeys the guards that bind all, and wakes when they change', async () => {
  await using loop = await startLoop({ extra: [namespaceObject('flux-system')], asleep: true });
  const org = inNamespace(updateGuard({ freezes: [freezeUntil(loop, 9 * hourMs)] }, 'org'), 'flux-system');
  await loop.apply(org);
  await loop.startApp({ namespace: 'default' });
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  expect((await automationWaits(loop, 'Frozen')).message).toContain('UpdateGuard flux-system/org: frozen until');
  expect(await loop.main.file(web)).toContain(':1.0.0');
  await loop.apply({ ...org, spec: { freezes: [freezeUntil(loop, -hourMs)] } });
  await loop.lands(web, ':1.1.0');
});

test('a guard that is edited while bumps wait counts as it is now: what it lets go lands at once', async () => {
  await using loop = await startLoop();
  await loop.settles();
  const { window } = laterToday(loop);
  await applyGuard(loop, updateGuard({ windows: [window] }));
  await loop.pushTag('web', '1.1.0');
  await guardedFor(loop, 'OutsideWindow');
  const head = await loop.main.head();
  await applyGuard(loop, updateGuard({ soak: '24h' }));
  const [soaking] = await guardedFor(loop, 'Soaking');
  expect(soaking?.candidate).toContain('1.1.0');
  expect(await loop.main.head()).toBe(head);
  await applyGuard(loop, updateGuard({ soak: '0s' }));
  await loop.lands(web, ':1.1.0');
});

test('a guard that becomes invalid closes what it selected, also where its selector does not say so any more', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await applyGuard(loop, updateGuard({}));
  await applyGuard(
    loop,
    updateGuard({ policySelector: { matchLabels: { a: 'b' } }, windows: [{ cron: '60 9 * * *', duration: '1h' }] }),
  );
  const head = await loop.main.head();
  await loop.pushTag('web', '1.1.0');
  const [refused] = await guardedFor(loop, 'GuardInvalid');
  expect(refused).toMatchObject({ decision: 'Refuse', policy: 'default/web' });
  const ready = (await guardStatus(loop)).conditions?.find(({ type }) => type === 'Ready');
  expect(ready).toMatchObject({ status: 'False', reason: 'InvalidGuard' });
  expect(ready?.message).toContain('spec.windows[0]: "60 9 * * *" is no cron expression');
  expect((await guardStatus(loop)).closed).toEqual(['default/web']);
  await staysAt(loop, head);
  await applyGuard(loop, updateGuard({ soak: '0s' }));
  await loop.lands(web, ':1.1.0');
});

test('guards whose windows never meet say so, each of them', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await applyGuard(loop, updateGuard({ windows: [{ cron: '0 9 * * 1-5', duration: '8h' }] }, 'weekdays'));
  await applyGuard(loop, updateGuard({ windows: [{ cron: '0 9 * * 0,6', duration: '8h' }] }, 'weekends'));
  for (const [name, other] of [
    ['weekdays', 'weekends'],
    ['weekends', 'weekdays'],
  ] as const) {
    const found = await loop.until(`${name} to say so`, async () => {
      const ready = (await guardStatus(loop, { name })).conditions?.find(({ type }) => type === 'Ready');
      return ready?.reason === 'NeverOpen' && ready;
    });
    expect(found.message).toContain(`default/${other} are never open together`);
  }
});

test('a promotion that waits for itself is told as soon as the guard is applied', async () => {
  await using loop = await startLoop({ extra: [kustomization('./apps', { spec: { suspend: true } }, 'production')] });
  await loop.settles();
  const requires = [{ kustomizationRef: { name: 'production' }, healthyFor: '1h' }];
  await loop.apply(updateGuard({ requires }, 'promotion'));
  const found = await loop.until('the guard to say so', async () => {
    const ready = (await guardStatus(loop, { name: 'promotion' })).conditions?.find(({ type }) => type === 'Ready');
    return ready?.reason === 'NeverOpen' && ready;
  });
  expect(found.message).toBe('policy default/web would have to be healthy before it can land: default/web → default/web');
});

test.for([
  { because: 'the policy', policy: { metadata: { annotations: { 'tagalong.dev/guard': 'required' } } }, extra: [] },
  { because: 'the namespace', policy: {}, extra: [namespaceObject('default', { 'tagalong.dev/guard': 'required' })] },
])('where $because requires a guard, nothing lands without one', async ({ policy, extra }) => {
  await using loop = await startLoop({ policy, extra });
  await loop.settles();
  const head = await loop.main.head();
  await loop.pushTag('web', '1.1.0');
  expect((await automationWaits(loop, 'GuardMissing')).message).toContain('no UpdateGuard selects default/web');
  await staysAt(loop, head);
  await applyGuard(loop, updateGuard({}));
  await loop.lands(web, ':1.1.0');
});

test('what waited for a guard that is deleted lands one by one, with an event', async () => {
  await using loop = await startLoop({ images: five });
  await loop.settles();
  await applyGuard(loop, updateGuard({ windows: [laterToday(loop).window] }));
  await pushAll(loop, '1.1.0');
  await guardedFor(loop, 'OutsideWindow', 5);
  await loop.rests();
  await deleteGuard(loop);
  await loop.until('the first to land', async () => (await landedAt(loop, '1.1.0')).length === 1);
  expect((await automationWaits(loop, 'GuardDeleted')).message).toContain(
    'UpdateGuard default/guard, which it waited for, was deleted',
  );
  await loop.rests();
  expect(await landedAt(loop, '1.1.0')).toHaveLength(1);
  for (const count of [2, 3, 4, 5]) {
    loop.clock.skip(0.5 * minuteMs);
    await loop.until(`${count} to have landed`, async () => (await landedAt(loop, '1.1.0')).length === count);
  }
  const events = await loop.cluster.list({ group: '', version: 'v1', kind: 'Event' });
  const told = events.items.filter(
    (event) => event['reason'] === 'GuardDeleted' && String(event['message']).includes('lands one by one'),
  );
  expect(told.length).toBeGreaterThan(0);
});

test('a guard that is deleted while nobody runs lets go one by one too', async () => {
  await using loop = await startLoop({ images: five });
  await loop.settles();
  await applyGuard(loop, updateGuard({ windows: [laterToday(loop).window] }));
  await pushAll(loop, '1.1.0');
  await guardedFor(loop, 'OutsideWindow', 5);
  await loop.rests();
  await loop.stopApp();
  await deleteGuard(loop);
  await loop.startApp();
  await automationWaits(loop, 'GuardDeleted');
  expect(await landedAt(loop, '1.1.0')).toHaveLength(1);
});

test('a limit of two an hour lands two, and the others when the hour has passed; also over a restart', async () => {
  await using loop = await startLoop({ images: five });
  await loop.settles();
  await applyGuard(loop, updateGuard({ limits: { perHour: 2 }, freezes: [freezeUntil(loop, 10 * minuteMs)] }));
  await pushAll(loop, '1.1.0');
  await guardedFor(loop, 'Frozen', 5);
  loop.clock.skip(10 * minuteMs);
  await loop.until('two to land', async () => (await landedAt(loop, '1.1.0')).length === 2);
  await guardedFor(loop, 'LimitReached', 3);
  await loop.stopApp();
  await loop.startApp();
  await guardedFor(loop, 'LimitReached', 3);
  expect(await landedAt(loop, '1.1.0')).toHaveLength(2);
  loop.clock.skip(hourMs);
  await loop.until('two more to land', async () => (await landedAt(loop, '1.1.0')).length === 4);
  await guardedFor(loop, 'LimitReached', 1);
});

test('a push that is refused counts against no limit', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await applyGuard(loop, updateGuard({ limits: { perHour: 1 } }));
  await loop.gitHost.refusePushes('the branch is protected');
  await loop.pushTag('web', '1.1.0');
  await loop.ready('ImageUpdateAutomation', 'fleet', 'False');
  await loop.gitHost.refusePushes(null);
  await loop.request('ImageUpdateAutomation', 'fleet');
  await loop.lands(web, ':1.1.0');
});

function freezeUntil(loop: Loop, ms: number): object {
  return { from: '2020-01-01T00:00:00Z', to: new Date(loop.clock.now() + ms).toISOString() };
}

test('soak counts from when a digest was first seen, over a restart without the state folder, and anew for a re-pushed tag', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await applyGuard(loop, updateGuard({ soak: '10h' }));
  await loop.pushTag('web', '1.1.0');
  const [first] = await guardedFor(loop, 'Soaking');
  await loop.until('status to know the digest', async () => ((await guardStatus(loop)).seen ?? []).length === 1);
  await loop.stopApp();
  loop.clock.skip(6 * hourMs);
  await loop.startApp({ stateFolder: `${loop.stateFolder}-anew` });
  await loop.settles();
  expect((await guardedFor(loop, 'Soaking'))[0]?.until).toBe(first?.until);
  await loop.registry.pushTag('web', '1.1.0', { digestSeed: 'another build' });
  await loop.request('ImageUpdateAutomation', 'fleet');
  const again = await loop.until('the re-pushed tag to soak anew', async () => {
    const [found] = await guardedFor(loop, 'Soaking');
    return found?.until !== first?.until && found;
  });
  expect(Date.parse(again.until ?? '') - Date.parse(first?.until ?? '')).toBeGreaterThanOrEqual(6 * hourMs);
  loop.clock.skip(4 * hourMs);
  await loop.request('ImageUpdateAutomation', 'fleet');
  expect(await loop.main.file(web)).toContain(':1.0.0');
  loop.clock.skip(6 * hourMs + minuteMs);
  await loop.lands(web, ':1.1.0');
});

test("a person's hold in a guard keeps a tag out until it ends, and a newer tag goes on", async () => {
  await using loop = await startLoop();
  await loop.settles();
  await applyGuard(loop, updateGuard({ holds: [{ policy: 'web', tags: ['1.1.0'], reason: 'leaks', by: 'ann' }] }));
  await loop.pushTag('web', '1.1.0');
  const [held] = await guardedFor(loop, 'Held');
  expect(held).toMatchObject({ decision: 'Refuse', message: 'held by ann: leaks' });
  await loop.pushTag('web', '1.1.1');
  await loop.lands(web, ':1.1.1');
});

test('what a person lands goes past the guards of its namespace, but not past those that bind everybody', async () => {
  await using loop = await startLoop({ extra: [namespaceObject('flux-system')] });
  await loop.settles();
  const org = inNamespace(updateGuard({ freezes: [freezeUntil(loop, 9 * hourMs)] }, 'org'), 'flux-system');
  await applyGuard(loop, org);
  await applyGuard(loop, updateGuard({ windows: [laterToday(loop).window] }));
  await loop.pushTag('web', '1.1.0');
  await guardedFor(loop, 'OutsideWindow');
  const landing = (policy: string) => JSON.stringify([{ policy, tag: '1.1.0', reason: 'the shop is down', by: 'ann' }]);
  await loop.patch('ImageUpdateAutomation', 'fleet', { metadata: { annotations: { 'tagalong.dev/land': landing('web') } } });
  await loop.until('only the organisation to stand in the way', async () => {
    const own = (await guardStatus(loop)).guarded ?? [];
    return own.length === 0 && (await guardedFor(loop, 'Frozen', 1, { name: 'org', namespace: 'flux-system' }));
  });
  expect(await loop.main.file(web)).toContain(':1.0.0');
  const annotations = { 'tagalong.dev/land': landing('default/web') };
  await loop.apply({ ...org, metadata: { ...org.metadata, annotations } });
  await loop.lands(web, ':1.1.0');
  const [commit] = await loop.main.commits();
  expect(commit?.message).toMatch(/\nTagalong-Landed: the shop is down\nTagalong-Landed-By: ann\n/);
});
