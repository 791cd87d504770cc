import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareBytes } from '../../src/select/byte-order.ts';
import { compareDecimals, parseDecimal } from '../../src/select/decimal.ts';
import { explainTags, latestTags, orderTags, selectTag, type TagPolicySpec } from '../../src/select/index.ts';
import { policyOf } from './policy-of.ts';

const part = fc.oneof(fc.nat(3).map(String), fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String));
const version = fc
  .tuple(fc.constantFrom('', 'v'), part, part, part, fc.constantFrom('', '-0', '-rc.1', '-rc.10'))
  .map(([v, major, minor, patch, pre]) => `${v}${major}.${minor}.${patch}${pre}`);
const tag = fc.oneof(version, part, fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,12}$/), fc.string({ maxLength: 5 }));
const spec = fc.constantFrom<TagPolicySpec>(
  { policy: { semver: { range: '>=0.0.0-0' } } },
  { policy: { semver: { range: '1.x || >2' } } },
  { policy: { alphabetical: {} } },
  { policy: { numerical: { order: 'desc' } } },
  { policy: { numerical: {} }, filterTags: { pattern: '([0-9]+)', extract: '$1' } },
);

test('the selection depends on the set of tags, not on their order', () => {
  fc.assert(
    fc.property(spec, fc.array(tag, { maxLength: 12 }), fc.nat(), (policySpec, tags, turn) => {
      const policy = policyOf(policySpec);
      const first = selectTag(policy, tags);
      const turned = [...tags.slice(turn % (tags.length + 1)), ...tags.slice(0, turn % (tags.length + 1))].reverse();
      expect(selectTag(policy, turned)).toEqual(first);
      const explained = explainTags(policy, tags).filter(({ selected }) => selected);
      expect(explained.map((verdict) => verdict.tag)).toEqual(first.kind === 'selected' ? [first.tag] : []);
    }),
  );
});

test('nothing that passes comes later than the selection', () => {
  fc.assert(
    fc.property(spec, fc.array(tag, { minLength: 1, maxLength: 12 }), (policySpec, tags) => {
      const policy = policyOf(policySpec);
      const selection = selectTag(policy, tags);
      if (selection.kind === 'none') return;
      const losers = explainTags(policy, tags).filter(({ stage }) => stage === 'order');
      for (const loser of losers) expect(orderTags(policy, selection.tag, loser.tag)).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('byte order is that of the UTF-8 bytes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('decimals compare as the fractions that they are', () => {
  const digits = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n });
  fc.assert(
    fc.property(digits, digits, fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }), (a, b, left, right) => {
      const [x, y] = [parseDecimal(`${a}e-${left}`), parseDecimal(`${b}E-${right}`)];
      const [scaledA, scaledB] = [a * 10n ** BigInt(10 - left), b * 10n ** BigInt(10 - right)];
      expect(x && y && Math.sign(compareDecimals(x, y))).toBe(scaledA < scaledB ? -1 : scaledA > scaledB ? 1 : 0);
    }),
  );
});

test('the latest tags are never more than asked for', () => {
  fc.assert(fc.property(fc.array(tag), fc.nat(20), (tags, count) => latestTags(tags, count).length <= count));
});
