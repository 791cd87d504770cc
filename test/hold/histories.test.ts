import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GitMirror } from '../../src/core/index.ts';
import { createGit } from '../../src/git/index.ts';
import { createHoldFinder, type HoldQuestion } from '../../src/hold/index.ts';
import { inWords, questionFor } from './support/ask.ts';
import { stories } from './support/histories.ts';
import { readRepository } from './support/read-repository.ts';
import { createRepository } from './support/repository.ts';

// All stories are branches of one remote, so that one mirror and one fetch serve them all.
const folder = mkdtempSync(join(tmpdir(), 'tagalong-hold-mirror-'));
const remote = join(folder, 'remote.git');
const git = createGit({ stateFolder: join(folder, 'state'), allowFileUrls: true });
const told = new Map<string, { question: HoldQuestion; says: string }>();
let mirror: GitMirror;

beforeAll(async () => {
  execFileSync('git', ['init', '--quiet', '--bare', remote]);
  for (const [index, story] of stories.entries()) {
    using repository = createRepository();
    const { tag, says, ...asked } = story.tell(repository);
    told.set(story.name, { question: questionFor(repository, tag, asked), says });
    repository.git('push', '--quiet', remote, `HEAD:refs/heads/story-${index}`);
    // What we pushed was in the mirror before somebody took it out of the branch.
    const pushed = asked.lastPush?.commit ?? '';
    if (pushed && !/^d+$/.test(pushed)) repository.git('push', '--quiet', remote, `${pushed}:refs/heads/pushed-${index}`);
  }
  mirror = await git.mirror({ url: `file://${remote}`, credentials: { kind: 'none' } });
  await mirror.fetch();
  // Some eighty stories of real git commands.
}, 300_000);

afterAll(async () => {
  await git.close();
  rmSync(folder, { recursive: true, force: true });
});

test.for(stories)('$name', async ({ name }) => {
  const { question, says } = recall(name);
  expect(inWords(await createHoldFinder(mirror).check(question))).toBe(says);
});

test('plain git commands, asked one by one, lead to the same answers as the mirror', async () => {
  const finder = createHoldFinder(readRepository(remote));
  const answers = await Promise.all(stories.map(async ({ name }) => [name, inWords(await finder.check(recall(name).question))]));
  expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(stories.map(({ name }) => [name, recall(name).says])));
});

function recall(name: string): { question: HoldQuestion; says: string } {
  const story = told.get(name);
  if (!story) throw new Error(`${name} was not told`);
  return story;
}
