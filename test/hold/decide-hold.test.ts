import { describe, expect, test } from 'vitest';
import { decideHold, type Transition } from '../../src/hold/index.ts';
import { orderTags } from './support/ask.ts';

const who = { name: 'Ann', email: 'ann@example.com', seconds: 0 };

function change(from: readonly string[], to: readonly string[], followsPolicy = false): Transition {
  const oid = `${from.join()}-${to.join()}`;
  const versions = (tags: readonly string[]) => tags.map((tag) => ({ value: `web:${tag}`, tag }));
  return {
    commit: { oid, tree: '', parents: [], author: who, committer: who, message: 'x' },
    lost: versions(from),
    gained: versions(to),
    followsPolicy,
  };
}

describe('whether 1.1.0 may be written', () => {
  test.for([
    { because: 'nothing ever touched it', transitions: [], decision: 'free' },
    { because: 'it was left for an older version', transitions: [change(['1.1.0'], ['1.0.0'])], decision: 'held' },
    { because: 'it was left for a newer version', transitions: [change(['1.1.0'], ['1.2.0'])], decision: 'free' },
    { because: 'it was left for a version without order', transitions: [change(['1.1.0'], ['nightly'])], decision: 'held' },
    { because: 'it was set', transitions: [change(['1.0.0'], ['1.1.0'])], decision: 'free' },
    { because: 'the policy left it', transitions: [change(['1.1.0'], ['1.0.0'], true)], decision: 'free' },
    { because: 'it only disappeared', transitions: [change(['1.1.0'], [])], decision: 'free' },
    { because: 'it only appeared', transitions: [change([], ['1.1.0'])], decision: 'free' },
    { because: 'another version was left', transitions: [change(['1.2.0'], ['1.0.0'])], decision: 'free' },
    {
      because: 'one of several values went back',
      transitions: [change(['1.1.0', '3.0.0'], ['4.0.0', '1.0.0'])],
      decision: 'held',
    },
    {
      because: 'one line of history left it behind, another took it back',
      transitions: [change(['1.1.0'], ['1.2.0']), change(['1.1.0'], ['1.0.0'])],
      decision: 'held',
    },
  ])('$because: $decision', ({ transitions, decision }) => {
    expect(decideHold(transitions, 'web:1.1.0', orderTags).kind).toBe(decision);
  });
});

test('a value of the same rank that is not the same is no newer one', () => {
  const sameRank = () => 0;
  expect(decideHold([change(['1.1.0'], ['v1.1.0'])], 'web:1.1.0', sameRank).kind).toBe('held');
});
