import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { GitMirror, StepContext } from '../../src/core/index.ts';
import { systemClock } from '../../src/core/index.ts';
import { type PushPart, pushTogether } from '../../src/reconcilers/push-together.ts';
import { createFixture, type Fixture, git, newCommit } from '../git/fixture.ts';

const branch = 'main';
const place = (mirror: GitMirror) => ({ mirror, branch, options: {} });

/** A part that writes one file of its own, and how often it was made. */
function part(mirror: GitMirror, name: string, signal = new AbortController().signal): PushPart<string> & { made: number } {
  const own = {
    made: 0,
    context: { clock: systemClock, signal } as unknown as StepContext,
    make: async (onto: string) => {
      own.made += 1;
      const tip = await mirror.writeCommit(newCommit(onto, { [`apps/${name}.yaml`]: `${name}\n` }, { message: name }));
      return { tip, made: name };
    },
  };
  return own;
}

/** A line for each push that arrives, and what it would bring; `refuse` is a file that no push may bring. */
async function watchPushes({ bare }: Fixture, refuse = 'nothing'): Promise<() => Promise<string[]>> {
  const log = join(bare, 'pushes');
  const hook = join(bare, 'hooks', 'pre-receive');
  await git(bare, 'config', 'core.hooksPath', join(bare, 'hooks'));
  await writeFile(
    hook,
    `#!/bin/sh\nread before after ref\necho "$ref" >> ${log}\n! git cat-file -e "$after:apps/${refuse}.yaml" 2>/dev/null\n`,
  );
  await chmod(hook, 0o755);
  return async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
}

const subjects = async ({ bare }: Fixture) => (await git(bare, 'log', '--format=%s', branch)).split('\n').toReversed().slice(1);

async function fetched(fixture: Fixture): Promise<GitMirror> {
  const mirror = await fixture.mirror();
  await mirror.fetch();
  return mirror;
}

test('parts that wait for the branch go in one push, a commit each, and all learn where the branch is', async () => {
  await using fixture = await createFixture();
  const mirror = await fetched(fixture);
  const pushes = await watchPushes(fixture);
  const names = ['a', 'b', 'c', 'd'];
  const done = await Promise.all(names.map((name) => pushTogether(place(mirror), part(mirror, name))));
  expect(done.map(({ made }) => made)).toEqual(names);
  expect(new Set(done.map(({ tip }) => tip))).toEqual(new Set([await git(fixture.bare, 'rev-parse', branch)]));
  expect(await subjects(fixture)).toEqual(names);
  expect(await pushes()).toHaveLength(1);
});

test('parts with other options go in a push of their own', async () => {
  await using fixture = await createFixture();
  const mirror = await fetched(fixture);
  await git(fixture.bare, 'config', 'receive.advertisePushOptions', 'true');
  const pushes = await watchPushes(fixture);
  await Promise.all([
    pushTogether(place(mirror), part(mirror, 'a')),
    pushTogether({ ...place(mirror), options: { pushOptions: ['ci.skip'] } }, part(mirror, 'b')),
  ]);
  expect((await subjects(fixture)).toSorted()).toEqual(['a', 'b']);
  expect(await pushes()).toHaveLength(2);
});

test('a part that cannot be made is told, and the others go', async () => {
  await using fixture = await createFixture();
  const mirror = await fetched(fixture);
  const broken = { ...part(mirror, 'b'), make: () => Promise.reject(new Error('no such template')) };
  const done = await Promise.allSettled(
    [part(mirror, 'a'), broken, part(mirror, 'c')].map((each) => pushTogether(place(mirror), each)),
  );
  expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(done[1]).toMatchObject({ reason: { message: 'no such template' } });
  expect(await subjects(fixture)).toEqual(['a', 'c']);
});

test('somebody pushes in between: every part is made again on the new head, and nothing of theirs is lost', async () => {
  await using fixture = await createFixture();
  const mirror = await fetched(fixture);
  await fixture.commit('theirs', { 'apps/theirs.yaml': 'x\n' });
  const parts = [part(mirror, 'a'), part(mirror, 'b')];
  await Promise.all(parts.map((each) => pushTogether(place(mirror), each)));
  expect(await subjects(fixture)).toEqual(['theirs', 'a', 'b']);
  expect(parts.map(({ made }) => made)).toEqual([2, 2]);
});

test('a part that the server refuses keeps nobody else from landing', async () => {
  await using fixture = await createFixture();
  const mirror = await fetched(fixture);
  await watchPushes(fixture, 'b');
  const done = await Promise.allSettled(['a', 'b', 'c'].map((name) => pushTogether(place(mirror), part(mirror, name))));
  expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(done[1]).toMatchObject({
    reason: { code: 'PUSH_REFUSED', message: expect.stringContaining('failed to push to remote') },
  });
  expect(await subjects(fixture)).toEqual(['a', 'c']);
});

test('a part that is no longer wanted is left out, and one that has nothing to write waits for no push', async () => {
  await using fixture = await createFixture();
  const mirror = await fetched(fixture);
  const idle = { ...part(mirror, 'b'), make: (onto: string) => Promise.resolve({ tip: onto, made: 'nothing' }) };
  const done = await Promise.allSettled(
    [part(mirror, 'a', AbortSignal.abort(new Error('superseded'))), idle, part(mirror, 'c')].map((each) =>
      pushTogether(place(mirror), each),
    ),
  );
  expect(done.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(await subjects(fixture)).toEqual(['c']);
  const pushes = await watchPushes(fixture);
  expect((await pushTogether(place(mirror), idle)).made).toBe('nothing');
  expect(await pushes()).toEqual([]);
});
