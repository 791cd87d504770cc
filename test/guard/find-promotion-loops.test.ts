import { expect, test } from 'vitest';
import { findPromotionLoops, type Promotion } from '../../src/guard/index.ts';

/** `a: [['b', 'c'], null]`: a waits for b or c, and for something unknown. */
type Graph = Readonly<Record<string, readonly (readonly string[] | null)[]>>;

test.for<{ because: string; graph: Graph; loops: Readonly<Record<string, string>> }>([
  { because: 'production waits for staging', graph: { production: [['staging']], staging: [] }, loops: {} },
  { because: 'a policy waits for itself', graph: { web: [['web']] }, loops: { web: 'web web' } },
  { because: 'one that another can prove as well does not', graph: { web: [['web', 'staging']], staging: [] }, loops: {} },
  { because: 'two wait for each other', graph: { a: [['b']], b: [['a']] }, loops: { a: 'a b a', b: 'b a b' } },
  {
    because: 'who waits for such two waits for ever too',
    graph: { a: [['b']], b: [['a']], c: [['a']] },
    loops: { a: 'a b a', b: 'b a b', c: 'c a b a' },
  },
  { because: 'what is not known may come true', graph: { a: [null], b: [['a'], null] }, loops: {} },
  { because: 'every requirement counts', graph: { a: [['b'], ['a']], b: [] }, loops: { a: 'a a' } },
  { because: 'a chain of three has an end', graph: { a: [['b']], b: [['c']], c: [] }, loops: {} },
])('$because', ({ graph, loops }) => {
  const promotionsOf = (policy: string): Promotion[] => (graph[policy] ?? []).map((provenBy) => ({ guard: 'g', provenBy }));
  const found = findPromotionLoops(Object.keys(graph), promotionsOf);
  expect(Object.fromEntries([...found].map(([policy, way]) => [policy, way.join(' ')]))).toEqual(loops);
});
