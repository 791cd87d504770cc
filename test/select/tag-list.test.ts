import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compileExclusions, excludeTags, isValidTag, latestTags, tagListRevision } from '../../src/select/index.ts';

test.for([
  [['a', 'b', 'c', 'd'], '580584407'],
  [['d', 'b', 'a', 'c'], '580584407'],
  [[], '18153657'],
] as const)('the revision of %j is %s', ([tags, revision]) => {
  expect(tagListRevision(tags)).toBe(revision);
});

test('the revision of a long list is the checksum that zlib puts at the end of its stream', () => {
  const tags = Array.from({ length: 5000 }, (_, index) => `v1.0.${index}`);
  const sorted = JSON.stringify(tags.toSorted().reverse());
  expect(tagListRevision(tags)).toBe(String(deflateSync(sorted).readUInt32BE(deflateSync(sorted).length - 4)));
});

test('the latest tags are the first ten in descending byte order', () => {
  const tags = ['10', '9', 'a', 'Z', '1', '2', '3', '4', '5', '6', '7', '8'];
  expect(latestTags(tags)).toEqual(['a', 'Z', '9', '8', '7', '6', '5', '4', '3', '2']);
  expect(latestTags(tags, 2)).toEqual(['a', 'Z']);
});

test.for([
  { because: 'signatures by default', list: undefined, kept: ['1.0.0', '1.0.0.sigx'] },
  { because: 'nothing by an empty list', list: [], kept: ['1.0.0', '1.0.0.sig', '1.0.0.sigx'] },
  { because: 'what is found anywhere in the tag', list: ['sig'], kept: ['1.0.0'] },
  { because: 'what any pattern finds', list: ['sig$', 'x$'], kept: ['1.0.0'] },
])('excluded is $because', ({ list, kept }) => {
  const compiled = compileExclusions(list);
  if (compiled.kind === 'invalid') throw new Error(compiled.reason);
  const tags = ['1.0.0', '1.0.0.sig', '1.0.0.sigx'];
  expect(excludeTags(compiled.exclusions, tags)).toEqual({ kept, excluded: tags.length - kept.length });
});

test('a broken exclusion is named', () => {
  expect(compileExclusions(['ok', '('])).toEqual({
    kind: 'invalid',
    reason: 'failed to compile regex (: error parsing regexp: missing closing ): `(`',
  });
});

test.for([
  ['1.0.0', true],
  ['_x', true],
  ['a'.repeat(128), true],
  ['a'.repeat(129), false],
  ['', false],
  ['-a', false],
  ['.a', false],
  ['a b', false],
  ['a\n', false],
  ['1.0+b', false],
  ['é', false],
] as const)('whether %j is a tag: %s', ([tag, valid]) => {
  expect(isValidTag(tag)).toBe(valid);
});
