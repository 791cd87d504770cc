import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { applyEdits, findMarkers, planEdits } from '../../src/edit/index.ts';

/**
 * Documents are made from a model that knows what is marked, so that what the text reads as after an edit can be told without asking the code
 * under test; a reader that knows nothing of markers then has to agree.
 */
type Part = '' | ':tag' | ':name' | ':digest';

interface Leaf {
  readonly kind: 'leaf';
  readonly style: 'plain' | 'single' | 'double' | 'literal' | 'folded';
  readonly value: string;
  readonly part: Part | null;
  /** In a sequence a marker may stand alone on the line above. */
  readonly above: boolean;
  readonly anchor: boolean;
}
interface Mapping {
  readonly kind: 'map';
  readonly entries: readonly (readonly [string, Node])[];
}
interface Sequence {
  readonly kind: 'seq';
  readonly items: readonly Node[];
}
type Node = Leaf | Mapping | Sequence | { readonly kind: 'alias' };

const digest = `sha256:${'ab'.repeat(32)}`;
const values = fc.constantFrom(
  'x',
  '1.0',
  '010',
  'on',
  'null',
  '1e3',
  '2024-01-31',
  'web:1.0.0',
  'a b',
  'é🚀',
  'ghcr.io/acme/web:1.0.0@sha256:00',
  '~x',
  '0x1F',
);
const leaf: fc.Arbitrary<Leaf> = fc.record({
  kind: fc.constant('leaf' as const),
  style: fc.constantFrom(
    'plain' as const,
    'plain' as const,
    'single' as const,
    'double' as const,
    'literal' as const,
    'folded' as const,
  ),
  value: values,
  part: fc.constantFrom<Part | null>(null, null, '', ':tag', ':name', ':digest'),
  above: fc.boolean(),
  anchor: fc.boolean(),
});
const key = fc.stringMatching(/^k[a-zA-Z]{0,6}$/);

const node: fc.Arbitrary<Node> = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .uniqueArray(fc.tuple(key, tie('node')), { minLength: 1, maxLength: 4, selector: ([name]) => name })
      .map((entries): Node => ({ kind: 'map', entries })),
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((items): Node => ({ kind: 'seq', items })),
    fc.constant<Node>({ kind: 'alias' }),
  ),
})).node;

const root = fc
  .uniqueArray(fc.tuple(key, node), { minLength: 1, maxLength: 5, selector: ([name]) => name })
  .map((entries): Mapping => ({ kind: 'map', entries }));

/** An item of a `kind: List` is an object of its own. */
const list = fc.array(root, { minLength: 1, maxLength: 3 }).map((items): Mapping => {
  const item = (map: Mapping, index: number): Node => ({
    kind: 'map',
    entries: [
      ['kind', plain('Deployment')],
      ['metadata', { kind: 'map', entries: [['name', plain(`web-${index}`)]] }],
      ...map.entries,
    ],
  });
  return {
    kind: 'map',
    entries: [
      ['kind', plain('List')],
      ['items', { kind: 'seq', items: items.map(item) }],
    ],
  };
});

function plain(value: string): Leaf {
  return { kind: 'leaf', style: 'plain', value, part: null, above: false, anchor: false };
}

interface Written {
  readonly lines: string[];
  /** An alias stands for the last one. */
  anchors: number;
}

interface Place {
  readonly indent: string;
  /** What stands before the value on its line: `key:` or `-`. */
  readonly lead: string;
  readonly inSequence: boolean;
}

function write(value: Node, { indent, lead, inSequence }: Place, out: Written): void {
  const deeper = `${indent}  `;
  if (value.kind === 'map') {
    out.lines.push(`${indent}${lead}`);
    for (const [name, inner] of value.entries) write(inner, { indent: deeper, lead: `${name}:`, inSequence: false }, out);
  } else if (value.kind === 'seq') {
    out.lines.push(`${indent}${lead}`);
    for (const inner of value.items) write(inner, { indent: deeper, lead: '-', inSequence: true }, out);
  } else if (value.kind === 'alias') out.lines.push(`${indent}${lead} ${out.anchors === 0 ? 'none' : `*a${out.anchors}`}`);
  else writeLeaf(value, { indent, lead, inSequence }, out);
}

function writeLeaf(leaf: Leaf, { indent, lead, inSequence }: Place, out: Written): void {
  const marker = leaf.part === null ? '' : `# {"$imagepolicy": "apps:web${leaf.part}"}`;
  const isBlock = leaf.style === 'literal' || leaf.style === 'folded';
  const isAbove = inSequence && leaf.above && marker !== '' && !isBlock;
  if (isAbove) out.lines.push('', `${indent}${marker}`);
  if (leaf.anchor) out.anchors += 1;
  const anchor = leaf.anchor ? `&a${out.anchors} ` : '';
  const behind = marker === '' || isAbove ? '' : ` ${marker}`;
  if (isBlock) {
    out.lines.push(`${indent}${lead} ${anchor}${leaf.style === 'literal' ? '|-' : '>-'}${behind}`, `${indent}    ${leaf.value}`);
  } else out.lines.push(`${indent}${lead} ${anchor}${quote(leaf)}${behind}`);
}

function quote({ style, value }: Leaf): string {
  if (style === 'single') return `'${value}'`;
  return style === 'double' ? JSON.stringify(value) : value;
}

/** What the documents read as, with `change` for each leaf. */
function readAs(documents: readonly Mapping[], change: (leaf: Leaf) => unknown): unknown[] {
  return documents.map((document) => {
    const anchors: unknown[] = [];
    const visit = (value: Node): unknown => {
      if (value.kind === 'map') return Object.fromEntries(value.entries.map(([name, inner]) => [name, visit(inner)]));
      if (value.kind === 'seq') return value.items.map(visit);
      if (value.kind === 'alias') return anchors.length === 0 ? 'none' : anchors.at(-1);
      const read = change(value);
      if (value.anchor) anchors.push(read);
      return read;
    };
    return visit(document);
  });
}

const files = fc.record({
  documents: fc.array(fc.oneof({ weight: 3, arbitrary: root }, { weight: 1, arbitrary: list }), { minLength: 1, maxLength: 3 }),
  lineBreak: fc.constantFrom('\n', '\r\n'),
  byteOrderMark: fc.boolean(),
  finalBreak: fc.boolean(),
});

function render({
  documents,
  lineBreak,
  byteOrderMark,
  finalBreak,
}: {
  documents: readonly Mapping[];
  lineBreak: string;
  byteOrderMark: boolean;
  finalBreak: boolean;
}): string {
  const texts = documents.map((document) => {
    const out: Written = { lines: [], anchors: 0 };
    for (const [name, value] of document.entries) write(value, { indent: '', lead: `${name}:`, inSequence: false }, out);
    return out.lines.join('\n');
  });
  const text = `# a head comment\n\n${texts.join('\n---\n')}${finalBreak ? '\n' : ''}`;
  return (byteOrderMark ? '\uFEFF' : '') + text.replaceAll('\n', lineBreak);
}

/** This reader alone takes an exponent without digits before it for a number, against YAML 1.1 (https://yaml.org/type/float.html). */
const misread = /^[eE][0-9]+$/;

const tags = fc
  .oneof(
    fc.constantFrom('1.10', '123', 'on', '1e5', '0x10', 'v2', '2024-01-31', 'null', '_1', '1_000'),
    fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/),
  )
  .filter((tag) => !misread.test(tag));

function selected(part: Part, tag: string): string {
  if (part === ':tag') return tag;
  if (part === ':name') return 'ghcr.io/acme/web';
  return part === ':digest' ? digest : `ghcr.io/acme/web:${tag}@${digest}`;
}

function edit(text: string, tag: string): string {
  const { markers, problems } = findMarkers('f.yaml', text);
  expect(problems).toEqual([]);
  const { edits } = planEdits(markers, new Map([['apps/web', { name: 'ghcr.io/acme/web', tag, digest }]]), 'apps');
  return applyEdits(text, edits);
}

function parse(text: string, schema: 'failsafe' | 'core' | 'yaml-1.1'): unknown[] {
  return parseAllDocuments(text, { schema, uniqueKeys: false }).map((document) => document.toJS());
}

test('exactly the marked values read otherwise afterwards, and as text, to readers of every schema', () => {
  fc.assert(
    fc.property(files, tags, (file, tag) => {
      const before = render(file);
      expect(parse(before, 'failsafe')).toEqual(readAs(file.documents, ({ value }) => value));
      const after = edit(before, tag);
      const wanted = readAs(file.documents, ({ part, value }) => (part === null ? value : selected(part, tag)));
      expect(parse(after, 'failsafe')).toEqual(wanted);
      // A value that is there already is left as somebody wrote it, quoted or not.
      const isWritten = ({ part, value }: Leaf) => part !== null && value !== selected(part, tag);
      const texts = readAs(file.documents, (leaf) => (isWritten(leaf) ? selected(leaf.part ?? '', tag) : null));
      for (const schema of ['core', 'yaml-1.1'] as const) expectTexts(parse(after, schema), texts);
      expect(edit(after, tag)).toBe(after);
    }),
    { numRuns: 400 },
  );
});

/** Where `wanted` says a text, `found` has that text; the rest is not looked at. */
function expectTexts(found: unknown, wanted: unknown): void {
  if (typeof wanted === 'string' && wanted !== 'none') expect(found).toBe(wanted);
  else if (typeof wanted === 'object' && wanted !== null)
    for (const [name, inner] of Object.entries(wanted)) expectTexts((found as Record<string, unknown>)[name], inner);
}

test('every line without a marked value stays byte for byte, and no line comes or goes', () => {
  fc.assert(
    fc.property(files, tags, (file, tag) => {
      const before = render(file);
      const after = edit(before, tag);
      const [old, now] = [before.split('\n'), after.split('\n')];
      expect(now).toHaveLength(old.length);
      const changed = old.flatMap((line, index) => (line === now[index] ? [] : [index]));
      for (const index of changed) {
        const near = [old[index], old[index - 1]].join('\n');
        expect(near).toContain('$imagepolicy');
        expect(now[index]?.endsWith('\r')).toBe(old[index]?.endsWith('\r'));
      }
    }),
    { numRuns: 400 },
  );
});
