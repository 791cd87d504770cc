import { describe, expect, test } from 'vitest';
import { defaultBuildLimits } from '../../src/build/build-limits.ts';
import { createManifestReader } from '../../src/build/manifest-reader.ts';
import { readObjects } from '../../src/build/read-objects.ts';

const limits = { ...defaultBuildLimits, maxInlineBytes: 1000 };
const configMap = (name: string, body: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${body}`;
const many = Array.from({ length: 200 }, (_, index) =>
  configMap(`map-${index}`, 'data: {on: "yes", __proto__: x, n: "0777"}\n'),
).join('---\n');

/** How often the event loop turned while a promise was not settled. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await work;
  clearInterval(timer);
  return turns;
}

describe('a manifest that is large is read in a thread', () => {
  const read = createManifestReader(limits);

  test('and yields what it yields when it is read at once', async () => {
    const bytes = Buffer.from(many);
    expect(await read(bytes, 'a.yaml')).toEqual(JSON.parse(JSON.stringify(readObjects(bytes, 'a.yaml', limits))));
  });

  test('also its problems', async () => {
    const { problems } = await read(Buffer.from(`${many}---\nkind: [`), 'a.yaml');
    expect(problems).toEqual([expect.objectContaining({ file: 'a.yaml', line: expect.any(Number) })]);
  });

  test('while everything else goes on', async () => {
    const bytes = Buffer.from(Array(20).fill(many).join('---\n'));
    expect(await turnsDuring(read(bytes, 'a.yaml'))).toBeGreaterThan(3);
  });
});

test.for([
  { because: 'it takes too long', more: { readTimeoutMs: 1 }, says: /it could not be read: it took more than 0.001s; split it/ },
  {
    because: 'it is larger than a manifest may be',
    more: { maxFileBytes: 2000 },
    says: /more than the 2000 a manifest may have/,
  },
])('it is refused where $because', async ({ more, says }) => {
  const read = createManifestReader({ ...limits, ...more });
  expect((await read(Buffer.from(Array(5).fill(many).join('---\n')), 'a.yaml')).problems[0]?.message).toMatch(says);
});

test('a mapping of twenty thousand keys is no work, and a key that comes twice is found', () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => `  k${index}: v\n`).join('');
  expect(readObjects(Buffer.from(configMap('a', `data:\n${keys}`)), 'a.yaml', limits).objects).toHaveLength(1);
  const { problems } = readObjects(Buffer.from(configMap('a', `data:\n${keys}  k7: again\n`)), 'a.yaml', limits);
  expect(problems).toEqual([{ file: 'a.yaml', line: 20_006, column: 3, message: 'mapping key "k7" already defined' }]);
});

test('a second merge key is a key that comes twice', () => {
  const text = configMap('a', 'data:\n  <<: {a: b}\n  <<: {c: d}\n');
  expect(readObjects(Buffer.from(text), 'a.yaml', limits).problems).toMatchObject([
    { message: 'mapping key "<<" already defined' },
  ]);
});
