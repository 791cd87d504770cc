import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { applyEdits, findMarkers, planEdits } from '../../src/edit/index.ts';

const marker = '# {"$imagepolicy": "apps:web"}';
const comment = fc.constantFrom('', '', ' # text', '  #', ` ${marker}`, ` ${marker}`);
const name = fc.stringMatching(/^[a-z]{1,5}$/);
const scalar = fc.oneof(
  fc.constantFrom('x', '1.0', 'on', 'a:1', "'q'", '"d # q"', '"é🚀"', '&anchor x', '!!str 1', 'x\n      y', '~'),
  fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text)),
);
const block = fc.tuple(fc.constantFrom('|', '>', '|-', '>-', '|+'), comment, fc.constantFrom('t', 't\n      u'));
const blank = fc.constantFrom('', '', '\n', '# above\n', `  ${marker}\n`);

interface Line {
  readonly key: string;
  readonly before: string;
  readonly value: string;
}

const line: fc.Arbitrary<Line> = fc.record({
  key: name,
  before: blank,
  value: fc.oneof(
    fc.tuple(scalar, comment).map(([value, behind]) => `${value}${behind}`),
    block.map(([header, behind, body]) => `${header}${behind}\n      ${body}`),
    fc.tuple(scalar, comment, scalar, comment).map(([a, behindA, b, behindB]) => `\n    - ${a}${behindA}\n    - ${b}${behindB}`),
    fc.tuple(name, comment).map(([key, behind]) => `{${key}: x,${behind}\n     ${key}2: [a, b]}`),
  ),
});

/** Mappings under mappings, with whatever people leave around them. */
const document = fc
  .tuple(fc.uniqueArray(line, { minLength: 1, maxLength: 6, selector: ({ key }) => key }), fc.boolean())
  .map(([lines, nested]) => {
    const indent = nested ? '  ' : '';
    const body = lines.map(({ key, before, value }) => `${before}${indent}${key}: ${value}\n`).join('');
    return nested ? `root:\n${body}` : body;
  });

const text = fc
  .tuple(
    fc.array(document, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('', '\uFEFF'),
    fc.boolean(),
  )
  .map(([documents, lineBreak, mark, end]) => {
    const joined = documents.join('---\n').replaceAll('&anchor', '&a');
    return mark + (end ? joined : joined.trimEnd()).replaceAll('\n', lineBreak);
  });

const tag = fc.oneof(
  fc.constantFrom('1.10', '123', 'on', '1e5', 'v2', '2024-01-31'),
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/),
);

/** Paths and values of all scalars, read by a reader that knows nothing of markers; markers' values as `after`. */
function readValues(source: string): unknown[] {
  return parseAllDocuments(source, { uniqueKeys: false, schema: 'failsafe' }).map((parsed) => parsed.toJS());
}

test('only the marked values change, every other byte stays, and a second run changes nothing', () => {
  fc.assert(
    fc.property(text, tag, (before, newTag) => {
      const found = findMarkers('f.yaml', before);
      const selections = new Map([['apps/web', { name: 'ghcr.io/acme/web', tag: newTag }]]);
      const { edits } = planEdits(found.markers, selections, 'apps');
      const after = applyEdits(before, edits);

      const again = findMarkers('f.yaml', after);
      expect(planEdits(again.markers, selections, 'apps').edits).toEqual([]);
      expect(again.markers.map(({ value }) => value)).toEqual(found.markers.map(() => `ghcr.io/acme/web:${newTag}`));
      expect(again.markers.map(({ path }) => path)).toEqual(found.markers.map(({ path }) => path));
      expect(outsideOf(after, again.markers)).toEqual(outsideOf(before, found.markers));
      if (edits.length === 0) expect(after).toBe(before);
      else expect(readValues(after)).not.toEqual(readValues(before));
    }),
    { numRuns: 400 },
  );
});

/** What stands between the markers' values; of a block, its header and its indentation belong to the value here. */
function outsideOf(source: string, markers: readonly { start: number; end: number }[]): string[] {
  const edges = [0, ...markers.flatMap(({ start, end }) => [start, end]), source.length];
  return edges.flatMap((edge, index) => (index % 2 === 0 ? [source.slice(edge, edges[index + 1])] : []));
}

test('the generated texts have markers most of the time', () => {
  const counts = fc.sample(text, 200).map((sample) => findMarkers('f.yaml', sample).markers.length);
  expect(counts.filter((count) => count > 0).length).toBeGreaterThan(100);
});

test('no text makes the search throw', () => {
  const pieces = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    marker,
    '---\n',
    '\t',
    '\r\n',
    '? ',
    '!!x ',
    ',',
    '#',
    '%Y 1\n',
  );
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
      (source) => {
        const { markers } = findMarkers('f.yaml', source);
        for (const { start, end } of markers) expect(end).toBeGreaterThan(start);
      },
    ),
    { numRuns: 1500 },
  );
});

test('whatever is edited either reads as intended or is refused', () => {
  const pieces = fc.constantFrom(
    'a',
    'b: ',
    ': ',
    '- ',
    '\n',
    '\n  ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    ` ${marker}\n`,
    '---\n',
    ',',
    '!!str ',
  );
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
      (source) => {
        const { markers } = findMarkers('f.yaml', source);
        const selections = new Map([['apps/web', { name: 'web', tag: '2' }]]);
        const after = applyEdits(source, planEdits(markers, selections, 'apps').edits);
        expect(findMarkers('f.yaml', after).markers.map(({ value }) => value)).toEqual(markers.map(() => 'web:2'));
      },
    ),
    { numRuns: 1500 },
  );
});
