import { expect, test } from 'vitest';
import { selectTag } from '../../src/select/index.ts';
import { compileFilter } from '../../src/select/tag-filter.ts';
import { policyOf } from './policy-of.ts';

// The same table holds for Go's Regexp.ExpandString with this pattern on "a".
test.for([
  ['$1', 'a'],
  ['$0', 'a'],
  [`\${x}`, 'a'],
  ['$x-', 'a-'],
  ['$1x', ''],
  [`\${1}x`, 'ax'],
  ['$$1', '$1'],
  ['$', '$'],
  ['$-', '$-'],
  [`\${`, `\${`],
  [`\${x`, `\${x`],
  [`\${x y}`, `\${x y}`],
  ['$01', ''],
  ['$é', ''],
  ['$9', ''],
  ['$2z', ''],
  ['$2', ''],
  ['a$', 'a$'],
  ['plain', 'plain'],
  ['$constructor', ''],
])('%j gives %j', ([template = '', text]) => {
  const compiled = compileFilter('(?P<x>a)(b)?', template);
  expect(compiled.kind === 'filter' && compiled.filter.extractFrom('a')).toBe(text);
});

test('a missing group makes an empty value, which is no number', () => {
  const policy = policyOf({ policy: { numerical: {} }, filterTags: { pattern: '^b([0-9]+)$', extract: '$1x' } });
  expect(selectTag(policy, ['b1', 'b2'])).toMatchObject({ kind: 'none', counts: { parse: 2 } });
});
