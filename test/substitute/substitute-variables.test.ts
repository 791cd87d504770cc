// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the expressions under test
import { describe, expect, test } from 'vitest';
import { assertVariableNames, substituteVariables } from '../../src/substitute/index.ts';

const variables = new Map(
  Object.entries({
    name: 'web',
    mixed: 'aBcD',
    path: '/usr/local/bin/tool.tar.gz',
    empty: '',
    three: '3',
    minus: '-3',
    two: '2',
    accent: 'éa',
    dots: 'a.b.c.b',
    slashes: 'a/b/c',
    back: 'a\\b',
    dollar: '$x{',
    glob: '*',
    nothing: '${name}',
    wide: 'a😀b',
    sharp: 'ßx',
  }).map(([name, value]) => [name, Buffer.from(value)]),
);

function substitute(text: string): string {
  return substituteVariables(text, variables).toString('utf8');
}

type Row = readonly [because: string, text: string, gives: string];

function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    test.for(rows)('%s: %s', ([, text, gives]) => expect(substitute(text)).toBe(gives));
  });
}

table('plain variables', [
  ['text without a dollar stays', 'a: b # {c}', 'a: b # {c}'],
  ['a variable is replaced', 'image: ${name}:1', 'image: web:1'],
  ['several in a line', '${name}-${three}${two}', 'web-32'],
  ['an empty value is a value', '[${empty}]', '[]'],
  ['no braces, no variable', '$name $ $1 $(name)', '$name $ $1 $(name)'],
  ['a dollar at the end', 'a$', 'a$'],
  ['a value is not looked at again', '${nothing}', '${name}'],
  ['dollars in values stay', '${dollar}', '$x{'],
  ['newlines around stay', 'a: ${name}\nb: ${three}\n', 'a: web\nb: 3\n'],
  ['braces without a dollar', '{{ .Values }} }', '{{ .Values }} }'],
  ['bytes past ASCII stay', 'ü ${accent} 😀', 'ü éa 😀'],
]);

table('escapes', [
  ['two dollars are one', '$${name}', '${name}'],
  ['two dollars before anything', '$$name $$', '$name $'],
  ['three are one and a variable', '$$${name}', '$web'],
  ['four are two', '$$$$', '$$'],
  ['an escaped expression within text', 'a $${b:=${name}} c', 'a ${b:=web} c'],
  ['backslashes are nothing special in text', '\\\\server\\${name}', '\\\\server\\web'],
  ['slashes are nothing special in text', 'http://${name}//x', 'http://web//x'],
  ['dollars in a default stay', '${unset:-$$x$}', '$$x$'],
]);

table('length in bytes', [
  ['ASCII', '${#name}', '3'],
  ['two bytes for one letter', '${#accent}', '3'],
  ['four for one picture', '${#wide}', '6'],
  ['nothing', '${#empty}', '0'],
]);

table('case', [
  ['all upper', '${mixed^^}', 'ABCD'],
  ['first upper', '${mixed^}', 'ABcD'],
  ['all lower', '${mixed,,}', 'abcd'],
  ['first lower', '${mixed,}', 'aBcD'],
  ['past ASCII', '${accent^}', 'Éa'],
  ['all, past ASCII', '${accent^^}', 'ÉA'],
  ['a letter never becomes two', '${sharp^^}', 'ßX'],
  ['of nothing', '${empty^}${empty,,}', ''],
  ['an operator that is none leaves the value', '${mixed^,}', 'aBcD'],
]);

table('substrings', [
  ['from a position', '${path:5}', 'local/bin/tool.tar.gz'],
  ['from a position, some', '${path:5:5}', 'local'],
  ['from the start', '${name:0:1}', 'w'],
  ['past the end', '${name:9}', ''],
  ['longer than there is', '${name:1:99}', 'eb'],
  ['no length', '${name:1:0}', ''],
  ['a minus right after the colon is a default', '${name:-1}', 'web'],
  ['a negative position from a variable counts from the end', '${path:${minus}}', '.gz'],
  ['a negative position beyond the start is the start', '${two:${minus}}', '2'],
  ['a negative length counts from the end', '${path:5:-3}', 'local/bin/tool.tar'],
  ['a negative length before the position', '${name:2:-2}', ''],
  ['a position that is no number', '${name:x}', 'web'],
  ['a space is no number', '${name: 1}', 'web'],
  ['a length that is no number', '${name:1:x}', 'web'],
  ['a plus is a sign in a length', '${name:1:+1}', 'e'],
  ['both from variables', '${path:${three}:${two}}', 'r/'],
  ['several colons count as one', '${name:0::2}', 'we'],
  ['the rest is the length, colons too', '${name:0:1:2}', 'web'],
  ['positions count bytes', '${wide:5}', 'b'],
]);

table('removing from the start', [
  ['text', '${name#w}', 'eb'],
  ['text that is not there', '${name#x}', 'web'],
  ['the shortest', '${path#*/}', 'usr/local/bin/tool.tar.gz'],
  ['the longest', '${path##*/}', 'tool.tar.gz'],
  ['any character', '${name#?}', 'eb'],
  ['any character may be a slash', '${path#?}', 'usr/local/bin/tool.tar.gz'],
  ['a class', '${name#[vw]}', 'eb'],
  ['a range', '${name##[a-z]*[a-e]}', ''],
  ['a negated class', '${name#[^x]}', 'eb'],
  ['a class that does not match', '${name#[^w]}', 'web'],
  ['an escaped star', '${glob#\\*}', ''],
  ['an escaped star elsewhere', '${name#\\*}', 'web'],
  ['a pattern from a variable', '${path#${glob}}', 'usr/local/bin/tool.tar.gz'],
  ['everything', '${name##*}', ''],
  ['the shortest of everything is one byte', '${name#*}', 'eb'],
  ['a third hash belongs to the pattern', '${name###}', 'web'],
  ['a class that is not closed matches nothing', '${name#[w}', 'web'],
  ['an empty class matches nothing', '${name#[]}', 'web'],
  ['a star in a class is itself', '${glob#[*]}', ''],
  ['stars in a row are one', '${path##**/}', 'tool.tar.gz'],
  ['from nothing', '${empty#*}', ''],
  ['dollars and braces in a pattern', '${dollar#$x{}', ''],
]);

table('removing from the end', [
  ['text', '${name%b}', 'we'],
  ['the shortest', '${path%.*}', '/usr/local/bin/tool.tar'],
  ['the longest', '${path%%.*}', '/usr/local/bin/tool'],
  ['text that is not there', '${name%x}', 'web'],
  ['a folder', '${path%/*}', '/usr/local/bin'],
  ['any character', '${accent%?}', 'é'],
  ['a class is read backwards, and so matches nothing', '${name%[b]}', 'web'],
  ['a third sign belongs to the pattern', '${name%%%}', 'web'],
  ['past ASCII', '${wide%b}', 'a😀'],
]);

table('replacing', [
  ['the first', '${dots/./-}', 'a-b.c.b'],
  ['all', '${dots//./-}', 'a-b-c-b'],
  ['at the start', '${dots/#a/x}', 'x.b.c.b'],
  ['not at the start', '${dots/#b/x}', 'a.b.c.b'],
  ['at the end', '${dots/%b/x}', 'a.b.c.x'],
  ['not at the end', '${dots/%a/x}', 'a.b.c.b'],
  ['the pattern is text', '${dots//b*/x}', 'a.b.c.b'],
  ['the first by nothing', '${dots/b/}', 'a..c.b'],
  ['all by nothing', '${dots//b/}', 'a..c.'],
  ['at the start by nothing does nothing', '${dots/#a/}', 'a.b.c.b'],
  ['at the end by nothing does nothing', '${dots/%b/}', 'a.b.c.b'],
  ['an escaped slash in the pattern', '${slashes/\\//-}', 'a-b/c'],
  ['every escaped slash', '${slashes//\\//-}', 'a-b-c'],
  ['an escaped slash in the replacement', '${dots/./\\/}', 'a/b.c.b'],
  ['slashes in the replacement need no escape', '${dots/./x/y}', 'ax/yb.c.b'],
  ['an escaped backslash', '${back/\\\\/-}', 'a-b'],
  ['other backslashes are text', '${name/\\w/x}', 'web'],
  ['two dollars are one', '${dots/./$$}', 'a$b.c.b'],
  ['nothing at the start puts before', '${name/#/x-}', 'x-web'],
  ['nothing at the end puts after', '${name/%/-x}', 'web-x'],
  ['all of nothing is between all', '${accent///-}', '-é-a-'],
  ['slashes before the replacement are one', '${dots/a//x}', 'x.b.c.b'],
  ['both from variables', '${dots//${two}/${name}}', 'a.b.c.b'],
  ['a pattern from a variable', '${mixed/${mixed}/${name}}', 'web'],
  ['a brace in the pattern', '${dollar/{/}', '$x'],
]);

table('defaults', [
  ['not set', '${unset:=a}', 'a'],
  ['set', '${name:=a}', 'web'],
  ['empty', '${empty:=a}', 'a'],
  ['with a minus', '${unset:-a}', 'a'],
  ['with an equals sign alone', '${unset=a}', 'a'],
  ['the equals sign alone takes empty for unset too', '${empty=a}', 'a'],
  ['a question mark is a default here', '${unset:?a}', 'a'],
  ['a plus is a default here', '${unset:+a}', 'a'],
  ['and the value stays', '${name:+a}', 'web'],
  ['nothing', '${unset:=}', ''],
  ['nothing, alone', '[${unset=}]', '[]'],
  ['spaces and quotes', '${unset:="a b"}', '"a b"'],
  ['a variable', '${unset:=${name}}', 'web'],
  ['a variable within text', '${unset:=a-${name}-b}', 'a-web-b'],
  ['several variables', '${unset:=${name}${two}${three}}', 'web23'],
  ['a default of a default', '${unset:=${other:-${third=x}}}', 'x'],
  ['an operator in a default', '${unset:=${name^^}}', 'WEB'],
  ['colons and slashes', '${unset:=http://x:80/y}', 'http://x:80/y'],
  ['minus after colon is an operator, the next belongs to the default', '${unset:--1}', '-1'],
]);

describe('what cannot be read', () => {
  test.for([
    ['${}', 'unable to parse variable name'],
    ['${ name}', 'unable to parse variable name'],
    ['${-a}', 'unable to parse variable name'],
    ['${', 'unable to parse variable name'],
    ['${name', 'missing closing brace'],
    ['${name }', 'missing closing brace'],
    ['${name-d}', 'missing closing brace'],
    ['${name+d}', 'missing closing brace'],
    ['${name.first}', 'missing closing brace'],
    ['${name@Q}', 'missing closing brace'],
    ['${#}', 'bad substitution'],
    ['${##name}', 'bad substitution'],
    ['${#name', 'bad substitution'],
    ['${#name#}', 'bad substitution'],
    ['${name^x}', 'bad substitution'],
    ['${name^^^}', 'bad substitution'],
    ['${name:1${two}}', 'bad substitution'],
    ['${name:1', 'bad substitution'],
    ['${name:', 'bad substitution'],
    ['${name:é}', 'bad substitution'],
    ['${name/a}', 'bad substitution'],
    ['${name/a} and b', 'bad substitution'],
    ['${name/a/b', 'bad substitution'],
    ['${name#${two}x}', 'bad substitution'],
    ['${name#}', 'unable to parse substitution within function'],
    ['${name%%}', 'unable to parse substitution within function'],
    ['${name:}', 'unable to parse substitution within function'],
    ['${name:1:}', 'unable to parse substitution within function'],
    ['${name:=', 'unable to parse substitution within function'],
    ['${unset:=a', 'unable to parse substitution within function'],
    ['${name/', 'unable to parse substitution within function'],
  ] as const)('%s: %s', ([text, says]) => {
    expect(() => substitute(text)).toThrow(expect.objectContaining({ code: 'BAD_SUBSTITUTION', message: says }));
  });
});

describe('a variable that is not set is an error', () => {
  test.for([
    ...['${unset}', '${#unset}', '${unset^}', '${unset^^}', '${unset,}', '${unset,,}', '${unset:0}', '${unset:0:1}'],
    ...['${unset#a}', '${unset##a}', '${unset%a}', '${unset%%a}', '${unset/a/b}', '${unset//a/b}', '${unset/#a/b}'],
    ...['${unset/%a/b}', '${name:=${unset}}', '${name:${unset}}', '${unset^,}'],
  ])('%s', (text) => {
    const message = 'variable not set (strict mode): "unset"';
    expect(() => substitute(text)).toThrow(expect.objectContaining({ code: 'VARIABLE_UNSET', message }));
  });
});

describe('names', () => {
  const check = (name: string) => () => assertVariableNames(new Map([[name, Buffer.from('')]]));

  test.for(['a', '_', '_a1', 'A_B', 'x9'])('%s is one', (name) => expect(check(name)).not.toThrow());
  test.for(['', '1a', 'a.yaml', 'a-b', 'a b', 'ä', 'a\n'])('%j is none', (name) => {
    expect(check(name)).toThrow(`'${name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`);
  });
});

describe('bytes', () => {
  test('a value that is no text goes through as it is', () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3]);
    expect(substituteVariables('a${b}c', new Map([['b', bytes]]))).toEqual(
      Buffer.concat([Buffer.from('a'), bytes, Buffer.from('c')]),
    );
  });

  test('a start that ends inside of a character counts, as in Flux', () => {
    expect(substituteVariables('${accent#?}', variables)).toEqual(Buffer.from([0xa9, 0x61]));
    expect(substituteVariables('${accent:1}', variables)).toEqual(Buffer.from([0xa9, 0x61]));
  });
});

describe('hostile texts end with an error, soon', () => {
  const big = new Map([['a', Buffer.alloc(1_000_000, 'a')]]);
  const failed = expect.objectContaining({ code: 'SUBSTITUTION_LIMIT' });

  test.for([
    ['deep nesting', '${a:='.repeat(5000)],
    ['growth by replacing', '${a//a/${a}}'],
    ['much work', '${a#x}'.repeat(1000)],
    ['a slow pattern', `\${a##${'*a'.repeat(200)}b}`],
  ] as const)('%s', ([, text]) => {
    expect(() => substituteVariables(text, big)).toThrow(failed);
  });

  test('a pattern with a star over a large value is no such text', () => {
    expect(substituteVariables('${a##*b}', big)).toHaveLength(1_000_000);
  });
});
