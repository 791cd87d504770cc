import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startAppProcess } from './support/app-process.ts';
import { requestedAtPatch } from './support/resources.ts';
import { type Loop, startLoop } from './support/start-loop.ts';

const web = 'apps/web.yaml';

/** Asks for a scan without waiting for the answer. */
async function ask(loop: Loop, token: string): Promise<void> {
  await loop.patch('ImageRepository', 'web', requestedAtPatch(token));
}

const pushesOf = (loop: Loop, method: string) =>
  loop.gitHost.requests.filter((request) => request.service === 'git-receive-pack' && request.method === method).length;

/** Moments of a bump at which the bot is killed; each is recognised by a number that grows. */
const moments: readonly { readonly when: string; seen(loop: Loop): Promise<number> }[] = [
  { when: 'the registry is asked', seen: async ({ registry }) => registry.requests.length },
  { when: 'the push asks for the refs', seen: async (loop) => pushesOf(loop, 'GET') },
  { when: 'the pack arrives', seen: async (loop) => pushesOf(loop, 'POST') },
  { when: 'the commit is on the branch', seen: async ({ main }) => (await main.commits()).length },
  { when: 'some time has passed', seen: () => sleep(Math.random() * 200, 1) },
];

test('killed at any moment, the bot makes exactly one commit of each bump, and all of it', async () => {
  await using loop = await startLoop({ images: { api: ['1.0.0'], web: ['1.0.0'] }, asleep: true });
  const tags = moments.map((_, index) => `1.${index + 1}.0`);
  await using first = await startAppProcess(loop);
  await loop.ready('ImageUpdateAutomation', 'fleet');
  let bot = first;
  for (const [index, { when, seen }] of moments.entries()) {
    const before = when === 'some time has passed' ? 0 : await seen(loop);
    await loop.registry.pushTag('web', tags[index] ?? '');
    await ask(loop, `kill-${index}`);
    await until(async () => (await seen(loop)) > before);
    await bot.end('SIGKILL');
    bot = await startAppProcess(loop);
    await ask(loop, `again-${index}`);
    await loop.lands(web, `:${tags[index]}`);
    await loop.until('the status to know', async () => {
      const { status } = await loop.get('ImageUpdateAutomation', 'fleet');
      return (status as { lastPushCommit?: string }).lastPushCommit === (await loop.main.head());
    });
  }
  await bot.end('SIGKILL');
  const commits = await loop.main.commits();
  const bumps = commits
    .slice(0, -1)
    .map(({ author, files, message }) => ({ author, files, to: /-> \S+:(\S+)/.exec(message)?.[1] }));
  expect(bumps).toEqual(tags.toReversed().map((to) => ({ author: 'Bot', files: [web], to })));
  expect(await loop.main.git('fsck', '--strict', '--no-dangling')).toBe('');
});

/** Without a pause that would let the moment pass. */
async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await sleep(1);
}

test('a push that runs when the bot is asked to end is finished, and its status written', async () => {
  await using loop = await startLoop({ asleep: true });
  await using bot = await startAppProcess(loop);
  await bot.started;
  await loop.ready('ImageUpdateAutomation', 'fleet');
  const requests = loop.gitHost.requests.length;
  await loop.registry.pushTag('web', '1.1.0');
  await ask(loop, 'stop');
  await loop.until('the push to begin', async () =>
    loop.gitHost.requests.slice(requests).some(({ service }) => service === 'git-receive-pack'),
  );
  expect(await bot.end('SIGTERM')).toBe(0);
  const head = await loop.main.head();
  expect(await loop.main.file(web)).toContain(':1.1.0');
  expect((await loop.get('ImageUpdateAutomation', 'fleet'))['status']).toMatchObject({ lastPushCommit: head });
});

test('a status that missed the push of a killed bot learns of it from the commit', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  await loop.stopApp();
  const { group, version } = { group: 'image.toolkit.fluxcd.io', version: 'v1' };
  const ref = { group, version, kind: 'ImageUpdateAutomation', namespace: 'default', name: 'fleet' };
  const forgotten = { status: { lastPushCommit: null, lastPushTime: null } };
  await loop.cluster.patch(ref, forgotten, { type: 'merge', subresource: 'status' });
  await loop.startApp({ stateFolder: `${loop.folder}/another` });
  await loop.until('the status to know', async () => {
    const { status } = await loop.get('ImageUpdateAutomation', 'fleet');
    return (status as { lastPushCommit?: string }).lastPushCommit === (await loop.main.head());
  });
});

test('a listing in the state folder that the status does not speak of is not believed', async () => {
  await using loop = await startLoop({ automation: null, source: null });
  await loop.pushTag('web', '1.5.0');
  await loop.until('1.5.0', async () => (await loop.ready('ImagePolicy', 'web')).message.includes('1.5.0'));
  await loop.rests();
  const { latestRef } = (await loop.get('ImagePolicy', 'web'))['status'] as { latestRef: unknown };
  const app = await loop.stopApp().then(() => loop.startApp());
  await loop.rests();
  const kept = JSON.parse(String(await app.store.read('tags/default/web.json')));
  await loop.stopApp();
  await app.store.write('tags/default/web.json', JSON.stringify({ ...kept, tags: ['1.0.0'], revision: '1' }));
  loop.registry.setFault({ kind: 'status', status: 404 });
  await loop.startApp();
  await loop.ready('ImageRepository', 'web', 'False');
  await loop.request('ImagePolicy', 'web');
  expect(((await loop.get('ImagePolicy', 'web'))['status'] as { latestRef: unknown }).latestRef).toEqual(latestRef);
});

test('a new pod without its state folder keeps the answers while the registry is away', async () => {
  await using loop = await startLoop();
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  await loop.stopApp();
  loop.registry.setFault({ kind: 'status', status: 404 });
  await loop.startApp({ stateFolder: `${loop.folder}/another` });
  await loop.ready('ImageRepository', 'web', 'False');
  await loop.request('ImageUpdateAutomation', 'fleet');
  expect((await loop.ready('ImagePolicy', 'web')).message).toContain('resolved to 1.1.0');
  expect(await loop.main.file(web)).toContain(':1.1.0');
});
