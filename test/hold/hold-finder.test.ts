import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TagalongError } from '../../src/core/index.ts';
import { createHoldFinder, type HistoryMirror, type OrderTags } from '../../src/hold/index.ts';
import { ask, inWords, orderTags } from './support/ask.ts';
import { deployment, image, markerIn } from './support/manifest.ts';
import { createMemoryMirror } from './support/memory-mirror.ts';
import { readRepository } from './support/read-repository.ts';
import { createRepository } from './support/repository.ts';

const web = (tag: string, replicas = 1) => ({ 'web.yaml': deployment(tag, { replicas }) });

/** 1.0.0, then a change for each of `tags`; what was read is counted. */
function straight(tags: readonly string[]) {
  const memory = createMemoryMirror();
  let head = memory.add([], web('1.0.0'));
  for (const [at, tag] of tags.entries()) head = memory.add([head], web(tag, at + 2), `Change ${at}`);
  const reads = { walks: 0, steps: 0, blobs: 0 };
  const mirror: HistoryMirror = {
    ...memory,
    blob: (oid) => {
      reads.blobs++;
      return memory.blob(oid);
    },
    history: async function* (from, paths) {
      reads.walks++;
      for await (const step of memory.history(from, paths)) {
        reads.steps++;
        yield step;
      }
    },
  };
  const marker = markerIn('web.yaml', deployment(tags.at(-1) ?? '1.0.0'));
  const check = (finder: ReturnType<typeof createHoldFinder>, tag: string, order: OrderTags = orderTags) =>
    finder.check({ marker, newValue: image(tag), orderTags: order, head });
  return { memory, mirror, marker, head, reads, check };
}

const changes = Array.from({ length: 200 }, (_, at) => `0.${at}.0`);

test('a walk ends with the revert that decides', async () => {
  const { mirror, reads, check } = straight([...changes, '1.1.0', '1.0.0']);
  const answer = await check(createHoldFinder(mirror), '1.1.0');
  expect([answer.kind, reads.steps]).toEqual(['held', 1]);
});

test('the same question at the same head reads nothing again', async () => {
  const { mirror, reads, check } = straight(changes);
  const finder = createHoldFinder(mirror);
  await check(finder, '1.1.0');
  const before = { ...reads };
  await check(finder, '1.1.0');
  expect(reads).toEqual(before);
});

test('another tag at the same head does not walk again', async () => {
  const { mirror, reads, check } = straight(changes);
  const finder = createHoldFinder(mirror);
  await check(finder, '1.1.0');
  await check(finder, '1.2.0');
  expect([reads.walks, reads.steps, reads.blobs]).toEqual([1, 201, 201]);
});

test('a walk that was broken off is taken up where a further question needs it', async () => {
  const { mirror, check } = straight(['0.1.0', '1.1.0', '1.0.0', '0.9.0', '1.2.0', '1.0.5']);
  const finder = createHoldFinder(mirror);
  const kinds = [];
  for (const tag of ['1.2.0', '1.1.0', '1.0.0', '0.1.0', '7.0.0']) kinds.push((await check(finder, tag)).kind);
  expect(kinds).toEqual(['held', 'held', 'held', 'free', 'free']);
});

test('a policy that orders otherwise gets another answer from the same walk', async () => {
  const { mirror, reads, check } = straight(['1.1.0', '1.0.0']);
  const finder = createHoldFinder(mirror);
  const backwards: OrderTags = (a, b) => orderTags(b, a);
  const kinds = [
    (await check(finder, '1.1.0')).kind,
    (await check(finder, '1.1.0', backwards)).kind,
    (await check(finder, '1.1.0')).kind,
  ];
  expect([kinds, reads.walks]).toEqual([['held', 'free', 'held'], 2]);
});

test('a value that git carries already is free without a look', async () => {
  const { mirror, reads, check } = straight(['1.1.0']);
  expect([(await check(createHoldFinder(mirror), '1.1.0')).kind, reads.walks]).toEqual(['free', 0]);
});

test('a fresh finder after a restart says the same', async () => {
  const { mirror, check } = straight(['1.1.0', '1.0.0']);
  expect(await check(createHoldFinder(mirror), '1.1.0')).toEqual(await check(createHoldFinder(mirror), '1.1.0'));
});

test('a hold names the unit, both values and the commit', async () => {
  const { mirror, head, check } = straight(['1.1.0', '1.0.0']);
  expect(await check(createHoldFinder(mirror), '1.1.0')).toMatchObject({
    kind: 'held',
    hold: {
      policy: { namespace: 'flux-system', name: 'web' },
      file: 'web.yaml',
      object: { kind: 'Deployment', name: 'web' },
      path: 'spec.template.spec.containers[web].image',
      part: 'image',
      value: image('1.1.0'),
      current: image('1.0.0'),
      by: { commit: head, author: { name: 'Ann' }, subject: 'Change 1' },
    },
  });
});

test('a history that breaks off is unreadable, not free', async () => {
  const { memory, mirror, check } = straight(changes);
  const broken: HistoryMirror = {
    ...mirror,
    history: async function* (from, paths) {
      let steps = 0;
      for await (const step of memory.history(from, paths)) {
        if (steps++ === 3) throw new TagalongError('CORRUPT_MIRROR', 'object abc is missing');
        yield step;
      }
    },
  };
  expect(await check(createHoldFinder(broken), '1.1.0')).toMatchObject({
    kind: 'unreadable',
    reason: 'HistoryUnavailable',
    because: expect.stringContaining('object abc is missing'),
  });
});

test('a history that ends in silence before the file was added is unreadable', async () => {
  const { memory, mirror, check } = straight(changes);
  const cut: HistoryMirror = {
    ...mirror,
    history: async function* (from, paths) {
      let steps = 0;
      for await (const step of memory.history(from, paths)) if (steps++ < 3) yield step;
    },
  };
  expect((await check(createHoldFinder(cut), '1.1.0')).kind).toBe('unreadable');
});

test('a file that the checkout branch does not have is free', async () => {
  const { mirror, marker, head } = straight(changes);
  const elsewhere = { ...marker, file: 'elsewhere.yaml' };
  expect((await createHoldFinder(mirror).check({ marker: elsewhere, newValue: image('1.1.0'), orderTags, head })).kind).toBe(
    'free',
  );
});

test('an unreadable answer is not remembered', async () => {
  const { memory, check } = straight(['1.1.0', '1.0.0']);
  let isDown = true;
  const flaky: HistoryMirror = {
    ...memory,
    blob: async (oid) => {
      if (isDown) throw new TagalongError('DOWN', 'git is away');
      return memory.blob(oid);
    },
  };
  const finder = createHoldFinder(flaky);
  const first = (await check(finder, '1.1.0')).kind;
  isDown = false;
  expect([first, (await check(finder, '1.1.0')).kind]).toEqual(['unreadable', 'held']);
});

test('a shallow clone is unreadable where its boundary hides the answer, and held where it does not', async () => {
  using repository = createRepository();
  repository.commit('Add', web('1.0.0'));
  repository.bump('Bump', web('1.1.0'));
  repository.bump('Bump', web('1.2.0'));
  const back = repository.commit('Back', web('1.0.0'));
  const shallow = join(repository.path, 'shallow');
  repository.git('clone', '--quiet', '--depth=2', `file://${repository.path}`, shallow);
  const mirror = readRepository(shallow);
  const answers = [
    await ask(repository, '1.2.0', { mirror }),
    await ask(repository, '1.1.0', { mirror }),
    await ask(repository, '3.0.0', { mirror }),
  ];
  expect(answers.map(inWords)).toEqual([`held by ${back}`, 'unreadable', 'unreadable']);
});

test('a missing blob is unreadable', async () => {
  using repository = createRepository();
  const folder = mkdtempSync(join(tmpdir(), 'tagalong-hold-blobless-'));
  repository.commit('Add', web('1.0.0'));
  repository.bump('Bump', web('1.1.0'));
  repository.commit('Ahead', web('1.3.0'));
  repository.git('config', 'uploadpack.allowFilter', 'true');
  const env = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null', GIT_NO_LAZY_FETCH: '1' };
  execFileSync('git', ['clone', '--quiet', '--bare', '--filter=blob:none', `file://${repository.path}`, join(folder, 'x')], {
    env,
  });
  execFileSync('git', ['-C', join(folder, 'x'), 'remote', 'remove', 'origin'], { env });
  try {
    expect(readdirSync(folder)).toEqual(['x']);
    expect(inWords(await ask(repository, '1.2.0', { mirror: readRepository(join(folder, 'x')) }))).toBe('unreadable');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('an error of our own is not mistaken for a history', async () => {
  const { memory, check } = straight(['1.1.0', '1.0.0']);
  const wrong: HistoryMirror = { ...memory, blob: () => Promise.reject(new TypeError('bug')) };
  await expect(check(createHoldFinder(wrong), '1.1.0')).rejects.toThrow(TypeError);
});
