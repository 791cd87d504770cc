import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unifiedDiff } from '../../src/cli/unified-diff.ts';

/** Applies a patch by its own numbers, as `patch` would, and refuses what does not fit. */
function applyPatch(before: string, patch: string): string {
  const old = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const result: string[] = [];
  let at = 0;
  for (const line of patch.split('\n').slice(2)) {
    const [, from, length] = /^@@ -(\d+),(\d+) /.exec(line) ?? [];
    if (from !== undefined) {
      const start = Number(from) - (Number(length) === 0 ? 0 : 1);
      result.push(...old.slice(at, start));
      at = start;
    } else if (line.startsWith('\\')) result.push((result.pop() ?? '').slice(0, -1));
    else if (line.startsWith('+')) result.push(`${line.slice(1)}\n`);
    else {
      const text = old[at] ?? '';
      if (text.replace(/\n$/, '') !== line.slice(1)) throw new Error(`line ${at + 1} is not ${JSON.stringify(line)}`);
      at += 1;
      if (line.startsWith(' ')) result.push(`${line.slice(1)}\n`);
    }
  }
  return [...result, ...old.slice(at)].join('');
}

// A removed last line without a break carries the mark too; the reader above then takes a break off the line before it.
const lines = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd\r'), { maxLength: 30 })
  .map((all) => all.map((line) => `${line}\n`).join(''));

test('a patch makes the new text of the old one', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const patch = unifiedDiff('x', before, after);
      expect(patch === '' ? before : applyPatch(before, patch)).toBe(after);
    }),
  );
});

test.for([
  { because: 'equal texts have no patch', before: 'a\n', after: 'a\n', patch: '' },
  {
    because: 'a last line without a break is marked on both sides',
    before: 'a\nb',
    after: 'a\nc',
    patch: '--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file',
  },
  {
    because: 'lines that changed together go before they come',
    before: 'a\nb\nc\n',
    after: 'x\ny\nc\n',
    patch: '--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n-a\n-b\n+x\n+y\n c',
  },
])('$because', ({ before, after, patch }) => {
  expect(unifiedDiff('x', before, after)).toBe(patch);
});
