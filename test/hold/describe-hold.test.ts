import { expect, test } from 'vitest';
import type { Hold } from '../../src/core/index.ts';
import { createHoldFinder, describeHold, describeReverts } from '../../src/hold/index.ts';
import { orderTags } from './support/ask.ts';
import { deployment, image, markerIn } from './support/manifest.ts';
import { createMemoryMirror } from './support/memory-mirror.ts';

async function holdOf(message: string): Promise<Hold> {
  const mirror = createMemoryMirror();
  const first = mirror.add([], { 'web.yaml': deployment('1.1.0') });
  const head = mirror.add([first], { 'web.yaml': deployment('1.0.0') }, message);
  const marker = markerIn('web.yaml', deployment('1.0.0'));
  const answer = await createHoldFinder(mirror).check({ marker, newValue: image('1.1.0'), orderTags, head });
  if (answer.kind !== 'held') throw new Error(`it is ${answer.kind}`);
  return { ...answer.hold, by: answer.hold.by && { ...answer.hold.by, commit: 'abcdef0123' } };
}

const place = 'web.yaml (Deployment default/web, spec.template.spec.containers[web].image; policy flux-system/web)';
const release = 'a newer tag goes on by itself; `tagalong release web -n flux-system` lands this one';

test('a hold says what, where, who, in which commit, and how to release it', async () => {
  const hold = await holdOf('Revert "Bump"\n\nIt broke.');
  const because = hold.because.replace(/ in [0-9a-f]{7} /, ' in abcdef0 ');
  expect(describeHold({ ...hold, because })).toBe(
    `example.com/web:1.1.0 is held at ${place}: Ann changed it from example.com/web:1.1.0 to example.com/web:1.0.0 in abcdef0 (Revert "Bump"); ${release}`,
  );
});

test('a subject cannot bring control or bidirectional characters along', async () => {
  expect((await holdOf('Re\u001b[31mvert\u202e\u0007')).because).toContain('(Re[31mvert)');
});

test('a subject without end is cut', async () => {
  expect((await holdOf('x'.repeat(5000))).because.length).toBeLessThan(300);
});

test('one sentence names all units that a commit took back', async () => {
  const hold = await holdOf('Revert');
  const other = { ...hold, file: 'api.yaml' };
  expect(describeReverts([hold, other])).toEqual([
    {
      commit: 'abcdef0123',
      message: `Ann took back 2 values in abcdef0 (Revert), which stay so: example.com/web:1.1.0 → example.com/web:1.0.0 at ${place}; example.com/web:1.1.0 → example.com/web:1.0.0 at ${place.replace('web.yaml', 'api.yaml')}; ${release}`,
    },
  ]);
});

test('holds of two commits are two sentences', async () => {
  const hold = await holdOf('Revert');
  const by = hold.by && { ...hold.by, commit: 'ffff' };
  expect(describeReverts([hold, { ...hold, by }]).map(({ commit }) => commit)).toEqual(['abcdef0123', 'ffff']);
});
