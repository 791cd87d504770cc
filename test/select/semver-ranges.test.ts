import { expect, test } from 'vitest';
import { compileTagPolicy, passesPolicy } from '../../src/select/index.ts';

/** Rows: what is claimed, a range, the tags inside it, the tags outside of it. */
const rows: readonly [because: string, range: string, inside: readonly string[], outside: readonly string[]][] = [
  ['a full version means exactly that one', '1.2.3', ['1.2.3', 'v1.2.3', '1.02.3'], ['1.2.4', '1.2.2', '1.2.3-rc.1']],
  ['= is the same', '=1.2.3', ['1.2.3'], ['1.2.4']],
  ['a v in the range is optional', 'v1.2.3', ['1.2.3', 'v1.2.3'], ['1.2.4']],
  ['two parts act as a tilde', '1.2', ['1.2.0', '1.2.9'], ['1.3.0', '1.1.9']],
  ['one part takes the whole major version', '1', ['1.0.0', '1.99.0'], ['2.0.0', '0.9.0']],
  ['=1.2 is a tilde as well', '=1.2', ['1.2.7'], ['1.3.0']],
  ['x, X and * are the same wildcard', '1.x', ['1.0.0', '1.9.9'], ['2.0.0']],
  ['x, X and * are the same wildcard', '1.2.X', ['1.2.0', '1.2.9'], ['1.3.0']],
  ['x, X and * are the same wildcard', '1.*', ['1.0.0', '1.9.9'], ['2.0.0']],
  ['what follows a wildcard does not count', '1.x.3', ['1.0.0', '1.7.5'], ['2.0.3']],
  ['* takes every release and no pre-release', '*', ['0.0.0', '0.0.1', '99.0.0'], ['1.0.0-rc.1']],
  ['*-0 takes pre-releases too', '*-0', ['0.0.1', '1.0.0-rc.1'], []],
  ['> is strict', '>1.2.3', ['1.2.4', '2.0.0'], ['1.2.3', '1.2.2']],
  ['> of a major version starts at the next one', '>11', ['12.0.0', '12.1.0'], ['11.0.0', '11.1.0', '11.0.1']],
  ['> of a minor version starts at the next one', '>11.1', ['11.2.0', '12.0.0'], ['11.1.0', '11.1.1']],
  ['>= of parts fills them with zeros', '>=1.2', ['1.2.0', '1.3.0'], ['1.1.9']],
  ['=> is >=', '=>1.2.3', ['1.2.3', '1.3.0'], ['1.2.2']],
  ['< of parts fills them with zeros', '<2', ['1.99.99'], ['2.0.0', '2.0.1']],
  ['<= of a major version takes all of it', '<=11', ['11.9.9', '1.0.0'], ['12.0.0']],
  ['<= of a minor version takes all of it', '<=1.2', ['1.2.0', '1.2.9', '1.1.0'], ['1.3.0', '2.0.0']],
  ['=< is <=', '=<1.2.3', ['1.2.3', '1.2.2'], ['1.2.4']],
  ['!= leaves one version out', '!=1.2.3', ['1.2.4', '1.2.2'], ['1.2.3', 'v1.2.3']],
  ['!= of a minor version leaves all of it out', '!=1.2.x', ['1.3.0', '2.2.0'], ['1.2.0', '1.2.9']],
  ['!= of a major version leaves all of it out', '!=1.x', ['2.0.0', '0.1.0'], ['1.0.0', '1.9.9']],
  ['~ of three parts stays in the minor version', '~1.2.3', ['1.2.3', '1.2.9'], ['1.2.2', '1.3.0']],
  ['~ of two parts stays in the minor version', '~1.2', ['1.2.0', '1.2.9'], ['1.3.0']],
  ['~ of one part stays in the major version', '~1', ['1.0.0', '1.9.9'], ['2.0.0']],
  ['~> is ~', '~>1.2.3', ['1.2.9'], ['1.3.0']],
  ['~0.0.0 takes everything', '~0.0.0', ['0.0.0', '1.0.0', '99.9.9'], ['1.0.0-rc.1']],
  ['~0.0 does not', '~0.0', ['0.0.0', '0.0.9'], ['0.1.0', '1.0.0']],
  ['~1.2.x is ~1.2', '~1.2.x', ['1.2.0', '1.2.9'], ['1.3.0']],
  ['^ stays in the major version', '^1.2.3', ['1.2.3', '1.9.0'], ['1.2.2', '2.0.0']],
  ['^ of one part', '^1', ['1.0.0', '1.9.9'], ['2.0.0', '0.9.9']],
  ['^0.x stays in the minor version', '^0.2.3', ['0.2.3', '0.2.9'], ['0.3.0', '0.2.2', '1.0.0']],
  ['^0.2 stays in the minor version', '^0.2', ['0.2.0', '0.2.9'], ['0.3.0']],
  ['^0.0.3 is that one alone', '^0.0.3', ['0.0.3'], ['0.0.4', '0.0.2', '0.1.0']],
  ['^0.0 stays in 0.0', '^0.0', ['0.0.0', '0.0.9'], ['0.1.0', '1.0.0']],
  ['^0 stays in 0', '^0', ['0.0.0', '0.9.9'], ['1.0.0']],
  ['^* is not *', '^*', ['0.0.0'], ['0.0.1', '1.0.0']],
  ['a hyphen takes both ends', '1.2.3 - 1.4.5', ['1.2.3', '1.4.5', '1.3.0'], ['1.2.2', '1.4.6']],
  ['a hyphen to a minor version takes all of it', '1.2 - 1.4', ['1.2.0', '1.4.9'], ['1.1.9', '1.5.0']],
  ['a hyphen stands in groups', '1.0 - 1.1 || 3.0 - 3.1', ['1.1.5', '3.0.0'], ['2.0.0', '3.2.0']],
  ['a space joins', '>=1.0.0 <2.0.0', ['1.0.0', '1.9.9'], ['2.0.0', '0.9.9']],
  ['a comma joins', '>=1.0.0,<2.0.0', ['1.0.0', '1.9.9'], ['2.0.0', '0.9.9']],
  ['a comma and spaces join', '>= 1.0.0 ,  < 2.0.0', ['1.0.0', '1.9.9'], ['2.0.0']],
  ['a joined exception', '>=1.0.0, !=1.5.0', ['1.4.0', '1.6.0'], ['1.5.0']],
  ['|| offers groups', '1.x || >=3.0.0 <3.1.0', ['1.5.0', '3.0.9'], ['2.0.0', '3.1.0']],
  ['|| needs no spaces', '1.0.0||2.0.0', ['1.0.0', '2.0.0'], ['1.5.0']],
  ['a pre-release needs one in the range', '>=1.0.0', ['1.0.0'], ['1.1.0-rc.1', '1.0.1-0']],
  ['>=1.0.0-0 takes pre-releases', '>=1.0.0-0', ['1.0.0-alpha', '1.0.0', '1.1.0-rc.1', '2.0.0-0'], ['0.9.9']],
  ['one pre-release opens its whole group, unlike npm', '>=1.0.0-0 <2.0.0', ['1.5.0-rc.1', '2.0.0-rc.1'], ['2.0.0']],
  ['the opener may stand anywhere in the group', '>=1.0.0 <2.0.0-0', ['1.5.0-rc.1', '1.9.9'], ['1.0.0-rc.1', '2.0.0-rc.1']],
  ['it opens only its own group', '>=1.0.0-0 <1.1.0 || 2.x', ['1.0.5-rc.1', '2.1.0'], ['2.1.0-rc.1']],
  ['~ with a pre-release', '~1.2.3-beta.1', ['1.2.3-beta.2', '1.2.3', '1.2.4-alpha'], ['1.2.3-alpha', '1.3.0']],
  ['^ with a pre-release', '^1.2.3-beta.1', ['1.2.3-beta.1', '1.9.0-alpha', '1.2.3'], ['1.2.3-alpha', '2.0.0-alpha']],
  ['an exact pre-release', '1.2.3-rc.1', ['1.2.3-rc.1'], ['1.2.3', '1.2.3-rc.2']],
  ['numeric identifiers go by number', '>1.0.0-rc.2', ['1.0.0-rc.10', '1.0.0'], ['1.0.0-rc.1', '1.0.0-rc.2']],
  ['numbers come before texts', '>1.0.0-alpha.1', ['1.0.0-alpha.beta', '1.0.0-beta'], ['1.0.0-alpha', '1.0.0-alpha.0']],
  ['wildcards may carry a pre-release', '1.x-0', ['1.0.0-alpha', '1.5.0', '1.6.0-rc.1'], ['2.0.0-alpha']],
  [
    '!= of a minor version compares pre-releases alone',
    '!=1.2.x-rc.1',
    ['1.2.0', '1.2.0-rc.2', '1.3.0-rc.1'],
    ['1.2.0-rc.1', '1.2.9-rc.1'],
  ],
  ['metadata in the range is ignored', '1.2.3+build.5', ['1.2.3'], ['1.2.4']],
  ['large numbers keep every digit', '>1.0.9007199254740992', ['1.0.9007199254740993'], ['1.0.9007199254740992']],
  ['64 bits fit', '>1.0.18446744073709551614', ['1.0.18446744073709551615'], ['1.0.18446744073709551614']],
  ['leading zeros are read as numbers', '1.10.x', ['1.010.1', '01.10.2'], ['1.1.1']],
  ['spaces around are fine', '  1.2.3  ', ['1.2.3'], ['1.2.4']],
  ['fewer than three parts is never a candidate', '*', ['1.2.0', 'v1.2.0'], ['1', '1.2', 'v1', '20240101', 'latest']],
  [
    'what looks like a version may be none',
    '*',
    [],
    ['1.2.3.4', '1.0.0p', 'b1.0.0', 'V1.2.3', '1.2.3-', '1.2.3-01', '1..2', 'a.b.c'],
  ],
  ['over 64 bits is no version', '*', [], ['18446744073709551616.0.0', '1.0.99999999999999999999']],
  ['three parts may lie in the pre-release', '>=1.0.0-0', ['1-a.b.c', '1.2-a.b'], ['1-a.b']],
];

test.for(rows)('%s: %s', ([, range, inside, outside]) => {
  const compiled = compileTagPolicy({ policy: { semver: { range } } });
  if (compiled.kind === 'invalid') throw new Error(compiled.reason);
  const passing = [...inside, ...outside].filter((tag) => passesPolicy(compiled.policy, tag));
  expect(passing).toEqual(inside);
});

test.for([
  ['', 'improper constraint: ""'],
  ['1.0.0p', 'improper constraint: "1.0.0p"'],
  ['1x', 'constraint parser error'],
  ['x1', 'constraint parser error'],
  ['-1', 'improper constraint: "-1"'],
  ['a', 'improper constraint: "a"'],
  ['latest', 'improper constraint: "latest"'],
  ['>>1.0', 'improper constraint: ">>1.0"'],
  ['== 1.0', 'improper constraint: "== 1.0"'],
  ['>=1.0.0 && <2.0.0', 'improper constraint: ">=1.0.0 && <2.0.0"'],
  ['>=1.0.0<2.0.0', 'improper constraint: ">=1.0.0<2.0.0"'],
  ['>=1.0.0;<2.0.0', 'improper constraint: ">=1.0.0;<2.0.0"'],
  ['1.0.0 ||', 'improper constraint: ""'],
  ['1.0.0 || b', 'improper constraint: " b"'],
  ['V1.0.0', 'improper constraint: "V1.0.0"'],
  ['1.2.3.4', 'improper constraint: "1.2.3.4"'],
  ['1|2', 'constraint parser error'],
  ['>=1.0.0-01', 'constraint parser error'],
  ['18446744073709551616', 'constraint parser error'],
  ['"1.0"\n', 'improper constraint: "\\"1.0\\"\\n"'],
  ['>=1.0 - 2.0', 'improper constraint: ">=>= 1.0, <= 2.0 "'],
  ['1.0.0 - 2.0.0||3.0.0', 'improper constraint: "3 .0.0"'],
  [`>=1.0.${'0'.repeat(510)}`, 'constraint string is too long (max 512 bytes)'],
  [Array(33).fill('1').join('||'), 'too many constraint groups (max 32)'],
])('the range %j is refused: %s', ([range = '', reason]) => {
  expect(compileTagPolicy({ policy: { semver: { range } } })).toEqual({ kind: 'invalid', reason: `invalid policy: ${reason}` });
});

test('a range of 32 groups is read', () => {
  expect(compileTagPolicy({ policy: { semver: { range: Array(32).fill('1').join('||') } } }).kind).toBe('compiled');
});

test('a range made to keep a backtracking engine busy for ever is refused at once', () => {
  const range = `${'1    '.repeat(100)}!`;
  expect(compileTagPolicy({ policy: { semver: { range } } }).kind).toBe('invalid');
});
