import { expect, test } from 'vitest';
import type { Edit, ImageRef, Marker } from '../../src/core/index.ts';
import { applyEdits, EditError, findMarkers, planEdits } from '../../src/edit/index.ts';

const marker = '# {"$imagepolicy": "apps:web:tag"}';

function editsOf(text: string, after: string): Edit[] {
  return findMarkers('f.yaml', text).markers.map((found) => ({ marker: found, before: found.value, after }));
}

/** What an unquoted value becomes when it is given this text. */
test.for([
  ['1.2.3', '1.2.3'],
  ['v1.10', 'v1.10'],
  ['1.10', '"1.10"'],
  ['123', '"123"'],
  ['0123', '"0123"'],
  ['08', '"08"'],
  ['1e5', '"1e5"'],
  ['1.5E-3', '"1.5E-3"'],
  ['0x1', '"0x1"'],
  ['0o7', '"0o7"'],
  ['0b11', '"0b11"'],
  ['1_000', '"1_000"'],
  ['12:30:45', '"12:30:45"'],
  ['5000:30', '"5000:30"'],
  ['on', '"on"'],
  ['Off', '"Off"'],
  ['y', '"y"'],
  ['yes', '"yes"'],
  ['TRUE', '"TRUE"'],
  ['null', '"null"'],
  ['~', '"~"'],
  ['', '""'],
  ['.inf', '".inf"'],
  ['.NaN', '".NaN"'],
  ['2024-01-31', '"2024-01-31"'],
  ['2024-1-1', '"2024-1-1"'],
  ['2024-01-31T00', '"2024-01-31T00"'],
  ['2024.01.31', '2024.01.31'],
  ['12e4567', '"12e4567"'],
  ['nullable', 'nullable'],
  ['once', 'once'],
  ['a: b', '"a: b"'],
  ['a #b', '"a #b"'],
  ['*x', '"*x"'],
  ['-', '"-"'],
  ['a\nb', '"a\\nb"'],
  ['a"b', '"a\\"b"'],
] as const)('unquoted %j is written as %s', ([after, source]) => {
  const text = `a: old ${marker}\n`;
  expect(applyEdits(text, editsOf(text, after))).toBe(`a: ${source} ${marker}\n`);
});

test.for([
  ["it's", `'it''s'`],
  ['1.10', `'1.10'`],
  ['a\nb', '"a\\nb"'],
] as const)('in single quotes %j is written as %s', ([after, source]) => {
  const text = `a: 'old' ${marker}\n`;
  expect(applyEdits(text, editsOf(text, after))).toBe(`a: ${source} ${marker}\n`);
});

test('no edits give the same text, even of a file that does not parse', () => {
  expect(applyEdits('a: "x', [])).toBe('a: "x');
});

test.for<[because: string, now: string]>([
  ['something was written above', `# new\na: old ${marker}\n`],
  ['the value is another', `a: odd ${marker}\n`],
  ['the value is longer', `a: older ${marker}\n`],
  ['the file no longer parses', `a: old ${marker}\nb: "x\n`],
  ['the file is empty', ''],
])('an edit is refused as stale when %s', ([, now]) => {
  const edits = editsOf(`a: old ${marker}\n`, 'new');
  expect(() => applyEdits(now, edits)).toThrow(expect.objectContaining({ name: 'EditError', code: 'STALE_EDIT' }));
});

test('two edits of one value are refused', () => {
  const text = `a: old ${marker}\n`;
  const edits = [...editsOf(text, 'new'), ...editsOf(text, 'other')];
  expect(() => applyEdits(text, edits)).toThrow(expect.objectContaining({ code: 'BROKEN_EDIT', retry: 'never' }));
});

test('an edit that would not read back as intended is refused', () => {
  const text = `a: | ${marker}\n  old\n`;
  expect(() => applyEdits(text, editsOf(text, 'one\ntwo: {'))).toThrow(EditError);
});

test('edits may come in any order', () => {
  const text = `a: old ${marker}\nb: old ${marker}\n`;
  expect(applyEdits(text, editsOf(text, 'newer').toReversed())).toBe(text.replaceAll('old', 'newer'));
});

const web: ImageRef = { name: 'ghcr.io/acme/web', tag: '1.1.0' };
const digest = `sha256:${'ab'.repeat(32)}`;

function markerOf(part: Marker['part'], value: string, name = 'web', namespace = 'apps'): Marker {
  const object = { apiVersion: '', kind: '', namespace: '', name: '' };
  const place = { file: 'f.yaml', line: 3, column: 5, start: 0, end: 1, document: 0, path: 'a' };
  return { ...place, value, policy: { namespace, name }, part, object };
}

test.for<[part: Marker['part'], ref: ImageRef, after: string]>([
  ['image', web, 'ghcr.io/acme/web:1.1.0'],
  ['image', { ...web, digest }, `ghcr.io/acme/web:1.1.0@${digest}`],
  ['image', { ...web, digest: '' }, 'ghcr.io/acme/web:1.1.0'],
  ['tag', { ...web, digest }, '1.1.0'],
  ['name', web, 'ghcr.io/acme/web'],
  ['digest', { ...web, digest }, digest],
])('the %s marker of %j wants %s', ([part, ref, after]) => {
  const planned = planEdits([markerOf(part, 'old')], new Map([['apps/web', ref]]), 'apps');
  expect(planned).toMatchObject({ edits: [{ before: 'old', after }], problems: [] });
});

test.for<[because: string, marker: Marker, ref: ImageRef, message: string]>([
  ['there is no digest', markerOf('digest', 'old'), web, 'reflects none'],
  ['the policy is unknown', markerOf('tag', 'old', 'wbe'), web, 'marker names ImagePolicy apps/wbe, which does not exist'],
  ['the policy is of another namespace', markerOf('tag', 'old', 'web', 'prod'), web, 'of namespace "apps" writes only policies'],
  ['the tag is none', markerOf('tag', 'old'), { ...web, tag: 'a b' }, 'not a valid tag'],
  ['the tag has a line break', markerOf('image', 'old'), { ...web, tag: '1\n  evil: true' }, 'not a valid image'],
  ['the name is none', markerOf('name', 'old'), { ...web, name: 'https://x' }, 'not a valid name'],
  ['the digest is none', markerOf('digest', 'old'), { ...web, digest: 'abc' }, 'not a valid digest'],
])('nothing is written when %s, and the place is named', ([, found, ref, message]) => {
  const planned = planEdits([found], new Map([['apps/web', ref]]), 'apps');
  expect(planned.edits).toEqual([]);
  expect(planned.problems).toEqual([{ file: 'f.yaml', line: 3, column: 5, message: expect.stringContaining(message) }]);
});

test('a known policy that has selected nothing yet waits in silence', () => {
  expect(planEdits([markerOf('tag', 'old')], new Map(), 'apps', new Set(['apps/web']))).toEqual({ edits: [], problems: [] });
});

test('a value that is already right is left alone', () => {
  expect(planEdits([markerOf('tag', '1.1.0')], new Map([['apps/web', web]]), 'apps')).toEqual({ edits: [], problems: [] });
});
