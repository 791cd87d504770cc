import { expect, test } from 'vitest';
import { startLoop } from './support/start-loop.ts';

const grouped = { metadata: { annotations: { 'tagalong.dev/group': 'shop' } } };
const images = { api: ['1.0.0'], web: ['1.0.0'] };

async function startGroup() {
  const loop = await startLoop({ images, policy: grouped });
  await loop.settles();
  return loop;
}

test('the policies of a group land in one commit', async () => {
  await using loop = await startGroup();
  await loop.patch('ImageUpdateAutomation', 'fleet', { spec: { suspend: true } });
  await loop.pushTag('web', '1.1.0');
  await loop.pushTag('api', '1.2.0');
  await loop.rests();
  await loop.patch('ImageUpdateAutomation', 'fleet', { spec: { suspend: false } });
  await loop.lands('apps/web.yaml', ':1.1.0');
  const [commit, start] = await loop.main.commits();
  expect(commit?.files).toEqual(['apps/api.yaml', 'apps/web.yaml']);
  expect(start?.subject).toBe('Start');
});

test('while one of a group is held, none of it is written, and it is said; a release lands both', async () => {
  await using loop = await startGroup();
  await loop.pushTag('web', '1.1.0');
  await loop.lands('apps/web.yaml', ':1.1.0');
  await loop.settles();
  await loop.person.pull();
  const revert = await loop.person.revertAndPush('HEAD');
  await loop.pushTag('api', '1.2.0');
  const waiting = await loop.until('it is said', async () => {
    const guarded = await loop.condition('ImageUpdateAutomation', 'fleet', 'Guarded');
    return guarded?.message.includes('1.2.0') && guarded;
  });
  expect(waiting).toMatchObject({ reason: 'GroupWaits' });
  expect(waiting.message).toContain("waits for its group 'shop', which lands as one: ImagePolicy web is held");
  expect(await loop.main.head()).toBe(revert);
  const annotations = { 'tagalong.dev/release': `web@${revert}` };
  await loop.patch('ImageUpdateAutomation', 'fleet', { metadata: { annotations } });
  await loop.request('ImageUpdateAutomation', 'fleet');
  expect((await loop.main.commits())[0]?.files).toEqual(['apps/api.yaml', 'apps/web.yaml']);
});

test('while one of a group is suspended, none of it is written', async () => {
  await using loop = await startGroup();
  await loop.patch('ImagePolicy', 'web', { spec: { suspend: true } });
  await loop.pushTag('api', '1.2.0');
  const waiting = await loop.until('it is said', () => loop.condition('ImageUpdateAutomation', 'fleet', 'Guarded'));
  expect(waiting.message).toContain('ImagePolicy web is suspended');
  expect(await loop.main.commits()).toHaveLength(1);
  await loop.patch('ImagePolicy', 'web', { spec: { suspend: false } });
  await loop.lands('apps/api.yaml', ':1.2.0');
});
