import { expect, test } from 'vitest';
import { manifest } from './support/resources.ts';
import { conditionOf, type Loop, startLoop } from './support/start-loop.ts';

const web = 'apps/web.yaml';
const commitOf = async (loop: Loop) => (await loop.main.commits()).length;
const conditionIs = (loop: Loop, type: string, reason: string) =>
  loop.until(`${type} ${reason}`, async () => {
    const condition = await loop.condition('ImageUpdateAutomation', 'fleet', type);
    return condition?.reason === reason && condition;
  });

/** A loop in which the bot bumped web from 1.0.0 to 1.1.0. */
async function bumped(options: Parameters<typeof startLoop>[0] = {}): Promise<Loop> {
  const loop = await startLoop(options);
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  return loop;
}

/** … and a person reverted it. */
async function reverted(options: Parameters<typeof startLoop>[0] = {}): Promise<Loop & { revert: string }> {
  const loop = await bumped(options);
  await loop.person.pull();
  const revert = await loop.person.revertAndPush('HEAD');
  await loop.request('GitRepository', 'fleet');
  return { ...loop, revert };
}

/** Asks everybody several times; the branch must not move. */
async function staysSo(loop: Loop): Promise<void> {
  const head = await loop.main.head();
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([
      loop.request('GitRepository', 'fleet'),
      loop.request('ImageRepository', 'web'),
      loop.request('ImagePolicy', 'web'),
      loop.request('ImageUpdateAutomation', 'fleet'),
    ]);
  }
  expect(await loop.main.head()).toBe(head);
}

test('a revert stays reverted, and the hold tells who took back what, in which commit, and how to go on', async () => {
  await using loop = await reverted();
  const held = await conditionIs(loop, 'Held', 'Reverted');
  expect(held.status).toBe('True');
  for (const part of ['Ann Operator', loop.revert.slice(0, 7), web, ':1.1.0', 'tagalong release web -n default'])
    expect(held.message).toContain(part);
  await staysSo(loop);
  expect(await loop.condition('ImageUpdateAutomation', 'fleet', 'Held')).toEqual(held);
  expect((await loop.condition('ImageUpdateAutomation', 'fleet', 'Ready'))?.status).toBe('True');
});

test('a revert is told in one event, however often the bot looks', async () => {
  await using loop = await reverted();
  await conditionIs(loop, 'Held', 'Reverted');
  await staysSo(loop);
  await loop.stopApp(); // all events are out
  const { items } = await loop.cluster.list({ group: '', version: 'v1', kind: 'Event' }, { namespace: 'default' });
  const told = items.filter(({ reason }) => reason === 'Reverted');
  expect(told.map(({ count }) => count)).toEqual([1]);
});

test('a newer tag goes on, and the hold is gone', async () => {
  await using loop = await reverted();
  await conditionIs(loop, 'Held', 'Reverted');
  await loop.pushTag('web', '1.1.1');
  await loop.lands(web, ':1.1.1');
  await loop.settles();
  expect(await loop.condition('ImageUpdateAutomation', 'fleet', 'Held')).toBeUndefined();
});

test('on-revert: rebump writes the version again, as Flux does', async () => {
  await using loop = await reverted({ automation: { metadata: { annotations: { 'tagalong.dev/on-revert': 'rebump' } } } });
  await loop.lands(web, ':1.1.0');
  expect(await commitOf(loop)).toBe(4);
});

test('a release lands the version, and the next revert is held again', async () => {
  await using loop = await reverted();
  await conditionIs(loop, 'Held', 'Reverted');
  const annotations = { 'tagalong.dev/release': `web@${loop.revert.slice(0, 12)}` };
  await loop.patch('ImageUpdateAutomation', 'fleet', { metadata: { annotations } });
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  expect(await loop.condition('ImageUpdateAutomation', 'fleet', 'Held')).toBeUndefined();
  await loop.person.pull();
  await loop.person.revertAndPush('HEAD');
  await loop.request('GitRepository', 'fleet');
  await conditionIs(loop, 'Held', 'Reverted');
  await staysSo(loop);
});

test('reverting the revert by hand lifts the hold', async () => {
  await using loop = await reverted();
  await conditionIs(loop, 'Held', 'Reverted');
  await loop.person.revertAndPush('HEAD');
  await loop.request('GitRepository', 'fleet');
  await loop.settles();
  expect(await loop.condition('ImageUpdateAutomation', 'fleet', 'Held')).toBeUndefined();
  expect(await loop.main.file(web)).toContain(':1.1.0');
});

test('a reset of the branch holds as a revert does, also for a bot that lost its state folder', async () => {
  await using loop = await bumped();
  await loop.person.pull();
  await loop.person.git('reset', '--hard', '--quiet', 'HEAD~1');
  await loop.person.git('push', '--quiet', '--force', 'origin', 'HEAD:main');
  await loop.request('GitRepository', 'fleet');
  expect((await conditionIs(loop, 'Held', 'Reverted')).message).toContain('reset or force-pushed');
  await staysSo(loop);
  await loop.stopApp();
  await loop.startApp({ stateFolder: `${loop.folder}/another` });
  await loop.rests();
  await staysSo(loop);
});

test('somebody who force-pushes other work over the bump holds it too', async () => {
  await using loop = await bumped();
  await loop.person.edit(web, (text) => `# other work\n${text}`);
  await loop.person.git('commit', '--all', '--quiet', '--message', 'Other work');
  await loop.person.git('push', '--quiet', '--force', 'origin', 'HEAD:main');
  await loop.request('GitRepository', 'fleet');
  await conditionIs(loop, 'Held', 'Reverted');
  await staysSo(loop);
  expect(await loop.main.file(web)).toContain('# other work');
});

test('a bot that starts on an empty state folder knows of the revert from history alone', async () => {
  await using loop = await reverted();
  await conditionIs(loop, 'Held', 'Reverted');
  await loop.stopApp();
  await loop.startApp({ stateFolder: `${loop.folder}/another` });
  await loop.ready('ImageUpdateAutomation', 'fleet');
  await staysSo(loop);
  expect((await loop.condition('ImageUpdateAutomation', 'fleet', 'Held'))?.message).toContain('Ann Operator');
});

test('a revert while the bot was down is found when it starts', async () => {
  await using loop = await bumped();
  await loop.stopApp();
  await loop.person.pull();
  await loop.person.revertAndPush('HEAD');
  await loop.startApp();
  await conditionIs(loop, 'Held', 'Reverted');
  await staysSo(loop);
});

test('one of two services is taken back: the other goes on', async () => {
  await using loop = await startLoop({ images: { api: ['1.0.0'], web: ['1.0.0'] } });
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.pushTag('api', '1.1.0');
  await loop.lands('apps/api.yaml', ':1.1.0');
  await loop.person.pull();
  await loop.person.revertAndPush((await loop.main.commits()).find(({ files }) => files.includes(web))?.oid ?? '');
  await loop.request('GitRepository', 'fleet');
  await conditionIs(loop, 'Held', 'Reverted');
  await loop.pushTag('api', '1.2.0');
  await loop.lands('apps/api.yaml', ':1.2.0');
  expect(await loop.main.file(web)).toContain(':1.0.0');
});

test('two policies that swap values in one file are not taken for reverts', async () => {
  await using loop = await startLoop({
    images: { blue: ['1.0.0'], green: ['2.0.0'] },
    policy: { spec: { policy: { semver: { range: '>=1.0.0' } } } },
    files: (host) => ({
      'apps/both.yaml': `blue: 1.0.0 # {"$imagepolicy": "default:blue:tag"}\ngreen: 2.0.0 # {"$imagepolicy": "default:green:tag"}\nhost: ${host}\n`,
    }),
  });
  await loop.settles();
  await loop.pushTag('blue', '2.0.0');
  await loop.lands('apps/both.yaml', 'blue: 2.0.0');
  await loop.pushTag('green', '3.0.0');
  await loop.lands('apps/both.yaml', 'green: 3.0.0');
  await loop.pushTag('blue', '3.0.0');
  await loop.lands('apps/both.yaml', 'blue: 3.0.0');
  await loop.settles();
  expect(await loop.condition('ImageUpdateAutomation', 'fleet', 'Held')).toBeUndefined();
});

test('a tag that vanished from the registry does not take git back to an older one', async () => {
  await using loop = await bumped();
  await loop.registry.deleteTag('web', '1.1.0');
  await loop.request('ImageRepository', 'web');
  expect(await loop.ready('ImageRepository', 'web', 'False')).toMatchObject({ reason: 'ListingDistrusted' });
  await staysSo(loop);
  await confirmListing(loop);
  const guarded = await conditionIs(loop, 'Guarded', 'DowngradeRefused');
  expect(guarded.message).toMatch(/^apps\/web\.yaml:10: 1\.0\.0 is older than 1\.1\.0/);
  await staysSo(loop);
  await loop.pushTag('web', '1.2.0');
  await loop.lands(web, ':1.2.0');
  await loop.settles();
  expect(await loop.condition('ImageUpdateAutomation', 'fleet', 'Guarded')).toBeUndefined();
});

test('allow-downgrade on the policy lets git follow the registry back', async () => {
  await using loop = await bumped();
  await loop.registry.deleteTag('web', '1.1.0');
  await loop.request('ImageRepository', 'web');
  await loop.ready('ImageRepository', 'web', 'False');
  await loop.patch('ImagePolicy', 'web', { metadata: { annotations: { 'tagalong.dev/allow-downgrade': 'true' } } });
  await loop.lands(web, ':1.0.0');
});

/** What `tagalong confirm listing` does. */
async function confirmListing(loop: Loop): Promise<void> {
  const { message } = await loop.ready('ImageRepository', 'web', 'False');
  const revision = message.split(' ').at(-1) ?? '';
  await loop.patch('ImageRepository', 'web', { metadata: { annotations: { 'tagalong.dev/accept-listing': revision } } });
  await loop.ready('ImageRepository', 'web');
}

test('a policy that is narrowed takes git back with its reason, and widened again it goes forward without a hold', async () => {
  await using loop = await bumped();
  await loop.patch('ImagePolicy', 'web', { spec: { policy: { semver: { range: '1.0.x' } } } });
  await loop.lands(web, ':1.0.0');
  expect((await loop.main.commits())[0]?.message).toContain('\nTagalong-Reason: policy\n');
  await loop.settles();
  await loop.patch('ImagePolicy', 'web', { spec: { policy: { semver: { range: '1.x' } } } });
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  expect(await loop.condition('ImageUpdateAutomation', 'fleet', 'Held')).toBeUndefined();
  expect(await commitOf(loop)).toBe(4);
});

test('one marker of a document is held: the others of its policy there wait with it', async () => {
  const twice = (host: string, tag: string) =>
    `${manifest('web', `${host}/web:${tag}`)}version: ${tag} # {"$imagepolicy": "default:web:tag"}\n`;
  await using loop = await bumped({ files: (host) => ({ [web]: twice(host, '1.0.0') }) });
  await loop.person.pull();
  await loop.person.edit(web, (text) => text.replace('/web:1.1.0', '/web:1.0.0'));
  await loop.person.commitAndPush('Only the image goes back');
  await loop.request('GitRepository', 'fleet');
  await conditionIs(loop, 'Held', 'Reverted');
  await staysSo(loop);
  expect(conditionOf(await loop.get('ImageUpdateAutomation', 'fleet'), 'Ready')?.status).toBe('True');
});
