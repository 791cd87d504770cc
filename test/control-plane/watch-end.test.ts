import { expect, test } from 'vitest';
import { createSkippingClock } from '../journeys/support/skipping-clock.ts';
import { startForTest } from './start-for-test.ts';

test('a watch whose time is up while a bookmark is due, as after a sleep of the machine, just ends', async () => {
  const clock = createSkippingClock();
  await using test = await startForTest({ clock });
  const { url, token } = test.plane;
  const query = 'watch=true&allowWatchBookmarks=true&timeoutSeconds=30';
  const watch = await fetch(`${url}/api/v1/configmaps?${query}`, { headers: { authorization: `Bearer ${token}` } });
  clock.skip(3_600_000);
  const lines = (await watch.text()).trim().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'BOOKMARK' });
});
