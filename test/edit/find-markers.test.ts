import { expect, test } from 'vitest';
import { findMarkers, isMarkerFile, mayHaveMarkers } from '../../src/edit/index.ts';

const marker = '# {"$imagepolicy": "apps:web"}';

test('a marker says where it is, whose it is and in which object', () => {
  const text = [
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata: {name: web, namespace: shop}',
    'spec:',
    '  template:',
    '    spec:',
    '      containers:',
    '        - name: side',
    '        - name: web',
    '          image: "ghcr.io/acme/web:1.0.0" # {"$imagepolicy": "apps:web:tag"}',
  ].join('\n');
  expect(findMarkers('a/b.yaml', text)).toEqual({
    problems: [],
    markers: [
      {
        file: 'a/b.yaml',
        line: 10,
        column: 18,
        start: text.indexOf('"ghcr'),
        end: text.indexOf(' # {'),
        value: 'ghcr.io/acme/web:1.0.0',
        policy: { namespace: 'apps', name: 'web' },
        part: 'tag',
        document: 0,
        object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
        path: 'spec.template.spec.containers[web].image',
      },
    ],
  });
});

test.for([
  [
    'of a key with dots is quoted',
    `metadata:\n  annotations:\n    example.com/image: x ${marker}\n`,
    'metadata.annotations["example.com/image"]',
  ],
  ['counts items without a name', `list:\n- a\n- b ${marker}\n`, 'list[1]'],
  [
    'goes by name, slashes and colons included',
    `images:\n- name: ghcr.io/a/b:5\n  newTag: x ${marker}\n`,
    'images[ghcr.io/a/b:5].newTag',
  ],
  ['numbers the second item of a name', `l:\n- name: a\n- name: a\n  v: x ${marker}\n`, 'l[a#2].v'],
  ['tells a name of digits from an index', `l:\n- name: "0"\n  v: x ${marker}\n`, 'l[name="0"].v'],
  ['begins anew in an item of a List', `kind: List\nitems:\n- kind: Pod\n  v: x ${marker}\n`, 'v'],
  ['of a file that is a list', `- a: x ${marker}\n`, '[0].a'],
] as const)('a path %s', ([, text, path]) => {
  expect(findMarkers('f.yaml', text).markers.map((found) => found.path)).toEqual([path]);
});

test('items of a List are objects of their own', () => {
  const text = `kind: List\nitems:\n- kind: Pod\n  metadata: {name: a}\n  v: x ${marker}\n- kind: Job\n  v: x ${marker}\n`;
  expect(findMarkers('f.yaml', text).markers.map(({ object }) => object)).toEqual([
    { apiVersion: '', kind: 'Pod', namespace: '', name: 'a' },
    { apiVersion: '', kind: 'Job', namespace: '', name: '' },
  ]);
});

test('documents are counted', () => {
  const text = `a: x ${marker}\n---\n---\nb: x ${marker}\n`;
  expect(findMarkers('f.yaml', text).markers.map(({ document }) => document)).toEqual([0, 2]);
});

/** The values that get a marker; the rest of the table's texts have none. */
test.for<[because: string, text: string, values: string[]]>([
  ['behind a value', `a: x ${marker}\n`, ['x']],
  ['behind a value with an anchor and a tag', `a: &b !!str x ${marker}\n`, ['x']],
  ['above the first item of a list', `a:\n${marker}\n- x\n- y\n`, ['x']],
  ['above an item, indented otherwise', `a:\n  - w\n${marker}\n  - x\n`, ['x']],
  ['above an item, behind a blank line', `a:\n- w\n\n${marker}\n- x\n`, ['x']],
  ['above an item and blank lines around', `a:\n- w\n\n${marker}\n\n- x\n`, ['x']],
  ['behind the dash of an item', `a:\n- ${marker}\n  x\n`, ['x']],
  ['between a key and its value', `a:\n  ${marker}\n  x\n`, ['x']],
  ['behind the anchor of a value on the next line', `a: &b ${marker}\n  x\n`, ['x']],
  ['in the header of a block', `a: | ${marker}\n  x\n`, ['x']],
  ['behind the last line of a value', `a: x\n  y ${marker}\n`, ['x y']],
  ['behind the comma of a flow item', `a: [x, ${marker}\n y]\n`, ['x']],
  ['behind a flow item', `a: {b: x ${marker}\n}\n`, ['x']],
  ['above a flow item', `a: [y,\n ${marker}\n x]\n`, ['x']],
  ['behind an explicit value', `? a\n: x ${marker}\n`, ['x']],
  ['behind an empty value in quotes', `a: "" ${marker}\n`, ['']],
  ['with more signs and no space', 'a: x ##{"$imagepolicy":"apps:web"}\n', ['x']],
  ['with null beside it', 'a: x # {"$imagepolicy": "apps:web", "note": null}\n', ['x']],
])('a marker counts %s', ([, text, values]) => {
  expect(findMarkers('f.yaml', text)).toMatchObject({ problems: [], markers: values.map((value) => ({ value })) });
});

test.for<[because: string, text: string]>([
  ['behind a key', `a: ${marker}\n  x\n`],
  ['behind a mapping', `a: {b: x} ${marker}\n`],
  ['behind a flow list', `a: [x] ${marker}\n`],
  ['behind an alias', `b: &b y\na: *b ${marker}\n`],
  ['above a key', `${marker}\na: x\n`],
  ['below a value', `a: x\n${marker}\n`],
  ['below an item and above a blank line', `a:\n- w\n${marker}\n\n- x\n`],
  ['above an item of a list in a list', `a:\n- w\n${marker}\n- - x\n`],
  ['above an item that is a mapping', `a:\n${marker}\n- b: x\n`],
  ['with a line of text above it', `a:\n- w\n# text\n${marker}\n- x\n`],
  ['above an item that has a comment behind it', `a:\n- w\n${marker}\n- x # text\n`],
  ['on a value that is not written', `a: ${marker}\n`],
  ['alone in a document', `${marker}\n`],
  ['behind a scalar that is the whole document', `x ${marker}\n`],
  ['behind a document start', `--- ${marker}\na: x\n`],
])('a marker does nothing %s, and that is reported', ([, text]) => {
  const { markers, problems } = findMarkers('f.yaml', text);
  expect(markers).toEqual([]);
  expect(problems).toMatchObject([{ message: expect.stringContaining('marker has no effect here') }]);
});

test('a block scalar reads as its line, without the break that ends it', () => {
  expect(findMarkers('f.yaml', `a: | ${marker}\n  x:1\n\n`).markers[0]?.value).toBe('x:1');
});

test('columns do not count a byte order mark', () => {
  expect(findMarkers('f.yaml', `\uFEFFa: x ${marker}\n`).markers).toMatchObject([{ line: 1, column: 4, start: 4 }]);
});

test.for<[because: string, text: string, problem: object]>([
  ['an open quote', 'a: 1\nb: "x\n', { line: 3, column: 1, message: 'not valid YAML: Missing closing "quote' }],
  ['a tab for indentation', 'a:\n\tb: 1\n', { line: 2 }],
  ['an unknown alias', 'a: *b\n', { line: 1, column: 4 }],
  ['a template', '{{- if .Values.x }}\na: 1\n{{- end }}\n', { line: 1 }],
  ['an open list', 'a: [x\n', { line: 2 }],
  ['nesting without end', `a: ${'[\n  '.repeat(20_000)}`, { message: 'not valid YAML: collections are nested too deeply' }],
  [
    'nesting that parses',
    `a: ${'['.repeat(300)}${']'.repeat(300)}`,
    { message: 'not valid YAML: collections are nested too deeply' },
  ],
  ['a line of brackets without end', `a: [${'a,'.repeat(300_000)}]`, { message: expect.stringContaining('break it') }],
  ['more text than any manifest', `a: ${'x'.repeat(9_000_000)}`, { message: expect.stringContaining('split the file') }],
])('%s is one problem and no exception', ([, text, problem]) => {
  const found = findMarkers('f.yaml', `${text}`);
  expect(found.markers).toEqual([]);
  expect(found.problems).toMatchObject([{ file: 'f.yaml', ...problem }]);
});

test('aliases of aliases are not expanded', () => {
  const levels = Array.from({ length: 40 }, (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(10)}]`);
  const text = ['l0: &l0 x', ...levels, `image: y ${marker}`].join('\n');
  expect(findMarkers('f.yaml', text)).toMatchObject({ problems: [], markers: [{ value: 'y' }] });
});

test('a flow collection may end where its block began, as Kubernetes tools let it', () => {
  const text = `a: {b: [\n  {image: x} ${marker}\n]}\nc: [y,\nz ${marker}\n]\n`;
  expect(findMarkers('f.yaml', text).markers).toMatchObject([{ value: 'z', line: 5 }]);
});

test.for([
  ['a/b.yaml', true],
  ['a.yml', true],
  ['apps/Kustomization', true],
  ['Kustomization', true],
  ['kustomization', false],
  ['a.yaml.txt', false],
  ['a.YAML', false],
  ['a.json', false],
  ['MyKustomization', false],
] as const)('whether %s is looked at: %s', ([path, is]) => {
  expect(isMarkerFile(path)).toBe(is);
});

test.for([
  [`a: x ${marker}`, true],
  ["a: x # {'$imagepolicy': 'apps:web'}", false],
  ['a: x', false],
] as const)('whether %s may have markers: %s', ([text, may]) => {
  expect(mayHaveMarkers(Buffer.from(text))).toBe(may);
  expect(mayHaveMarkers(new Uint8Array(Buffer.from(text)))).toBe(may);
});
