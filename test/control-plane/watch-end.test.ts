import { Agent, request } from 'undici';
import { expect, test } from 'vitest';
import { createSkippingClock } from '../journeys/support/skipping-clock.ts';
import { startForTest } from './start-for-test.ts';

test('watches whose time is up while a bookmark is due, as after a sleep of the machine, just end', async () => {
  const clock = createSkippingClock();
  await using running = await startForTest({ clock });
  const { url, token, caPem } = running.plane;
  const dispatcher = new Agent({ connect: { ca: caPem } });
  const address = `${url.replace('http:', 'https:')}/api/v1/configmaps?watch=true&allowWatchBookmarks=true&timeoutSeconds=30`;
  const open = () => request(address, { dispatcher, headers: { authorization: `Bearer ${token}` } });
  const watches = await Promise.all(Array.from({ length: 8 }, open));
  clock.skip(3_600_000);
  for (const { body } of watches) {
    const lines = (await body.text()).trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'BOOKMARK' });
  }
  await dispatcher.close();
});
