import { expect, test } from 'vitest';
import { ask, inWords } from './support/ask.ts';
import { stories } from './support/histories.ts';
import { createRepository } from './support/repository.ts';

test.for(stories)('$name', async ({ tell }) => {
  using repository = createRepository();
  const { tag, says, ...asked } = tell(repository);
  expect(inWords(await ask(repository, tag, asked))).toBe(says);
});
