import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { addMarkers, findImages, findMarkers, isImageName, parseImageReference } from '../../src/edit/index.ts';

function found(text: string, file = 'a.yaml') {
  const images = findImages(file, text);
  if (images.kind !== 'found') return images.message;
  return images.fields.map(({ part, value, image, obstacle }) => ({
    ...{ part, value, name: image.name },
    ...(obstacle === null ? {} : { obstacle }),
  }));
}

const pod = (image: string, list = 'containers') =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  ${list}:\n    - name: a\n      image: ${image}\n`;

describe('images of workloads', () => {
  test.for([
    { because: 'a container', text: pod('acme/web:1.0'), name: 'acme/web' },
    { because: 'an init container', text: pod('acme/web:1.0', 'initContainers'), name: 'acme/web' },
    { because: 'an ephemeral container', text: pod('acme/web:1.0', 'ephemeralContainers'), name: 'acme/web' },
    { because: 'a registry with a port', text: pod('localhost:5000/web:1.0'), name: 'localhost:5000/web' },
    { because: 'quotes', text: pod('"acme/web:1.0"'), name: 'acme/web' },
    { because: 'a container without a tag', text: pod('nginx'), name: 'nginx' },
    { because: 'a resource of somebody else', text: 'kind: Thing\nspec: { sidecarImage: acme/web:1.0 }\n', name: 'acme/web' },
  ])('$because is found', ({ text, name }) => {
    expect(found(text)).toMatchObject([{ part: 'image', name }]);
  });

  test.for([
    { because: 'a picture', text: 'hero:\n  image: logo\n' },
    { because: 'a switch', text: 'kind: Thing\nimage: true\n' },
    {
      because: 'an ImageRepository',
      text: 'apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nspec: { image: acme/web }\n',
    },
    { because: 'a definition', text: 'kind: CustomResourceDefinition\nspec: { image: acme/web:1.0 }\n' },
    { because: 'an address', text: 'image: https://example.com/a.png\n' },
  ])('$because is none', ({ text }) => {
    expect(found(text)).toEqual([]);
  });
});

describe('images in parts', () => {
  test('a repository and a tag, as charts have them', () => {
    expect(found('image:\n  repository: acme/web\n  tag: 1.0\n')).toEqual([
      { part: 'name', value: 'acme/web', name: 'acme/web' },
      { part: 'tag', value: '1.0', name: 'acme/web' },
    ]);
  });

  test('with a registry of its own the name cannot be written', () => {
    expect(found('image:\n  registry: quay.io\n  repository: acme/web\n  tag: "1.0"\n  digest: ""\n')).toEqual([
      { part: 'tag', value: '1.0', name: 'quay.io/acme/web' },
    ]);
  });

  test('images of a kustomization.yaml', () => {
    const text = 'images:\n  - name: web\n    newName: acme/web\n    newTag: 1.0\n  - name: other\n    newTag: 2.0\n';
    expect(found(text, 'apps/kustomization.yaml')).toEqual([
      { part: 'name', value: 'acme/web', name: 'acme/web' },
      { part: 'tag', value: '1.0', name: 'acme/web' },
      { part: 'tag', value: '2.0', name: 'other' },
    ]);
  });

  test('images of a Kustomization of Flux', () => {
    const text =
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n  images:\n    - name: acme/web\n      newTag: 1.0\n';
    expect(found(text)).toEqual([{ part: 'tag', value: '1.0', name: 'acme/web' }]);
  });
});

describe('places without room for a marker', () => {
  test.for([
    { because: 'a comment stands there', text: pod('a/b:1 # why'), says: /comment behind it/ },
    { because: 'a bracket stands there', text: 'image: { repository: a/b, tag: "1" }\n', says: /break the line/ },
    { because: 'a variable is put in', text: pod('"$' + '{HOST}/b:1"'), says: /put together/ },
    { because: 'the tag is put in', text: 'image:\n  repository: a/b\n  tag: $' + '{TAG}\n', says: /put together/ },
  ])('$because', ({ text, says }) => {
    const images = findImages('a.yaml', text);
    const obstacles = images.kind === 'found' ? images.fields.map(({ obstacle }) => obstacle) : [];
    expect(obstacles.some((obstacle) => says.test(obstacle ?? ''))).toBe(true);
  });
});

test.for([
  ['nginx', { name: 'nginx' }],
  ['nginx:1', { name: 'nginx', tag: '1' }],
  ['host:5000/a/b', { name: 'host:5000/a/b' }],
  ['host:5000/a/b:1-x', { name: 'host:5000/a/b', tag: '1-x' }],
  [`a/b:1@sha256:${'0'.repeat(64)}`, { name: 'a/b', tag: '1', digest: `sha256:${'0'.repeat(64)}` }],
  ['a b', null],
  ['a/b:', null],
  ['https://a/b:1', null],
  ['', null],
] as const)('%s', ([text, parts]) => {
  expect(parseImageReference(text)).toEqual(parts);
});

test('a name is no address', () => {
  expect([isImageName('quay.io/a/b'), isImageName('oci://quay.io/a'), isImageName('a/')]).toEqual([true, false, false]);
});

const image = fc.constantFrom(
  'acme/web:1.0',
  '"acme/web:1.0"',
  "'a.io:5000/b:v2'",
  'nginx',
  'x',
  '$' + '{A}:1',
  `a/b@sha256:${'a'.repeat(64)}`,
);
const behind = fc.constantFrom('', '', ' ', ' # why', ' # {"$imagepolicy": "apps:other"}');
const entry = fc.oneof(
  fc.tuple(image, behind).map(([value, end]) => `image: ${value}${end}`),
  fc.tuple(image, behind).map(([value, end]) => `image: |-${end}\n  ${value}`),
  fc
    .tuple(image, behind)
    .map(([value, end]) => `list:\n- name: a\n  image: ${value}${end}\n- {name: b, image: ${value},${end}\n   x: y}`),
  fc.tuple(behind, behind).map(([a, b]) => `image:\n  repository: a.io/b${a}\n  tag: &t 1.10${b}\n  digest: ""`),
  fc.constantFrom('name: é🚀', 'text: |\n  image: acme/web:1.0', 'items: []', '# nothing: here'),
);
const text = fc
  .tuple(
    fc.array(fc.array(entry, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('\n', '\r\n'),
    fc.boolean(),
  )
  .map(([documents, lineBreak, end]) => {
    const joined = documents
      .map((entries) => `kind: Thing\n${entries.map((one, index) => `k${index}:\n${indent(one)}\n`).join('')}`)
      .join('---\n');
    return (end ? joined : joined.trimEnd()).replaceAll('\n', lineBreak);
  });

function indent(block: string): string {
  return block.replaceAll(/^/gm, '  ');
}

function mark(source: string): string {
  const images = findImages('a.yaml', source);
  if (images.kind !== 'found') return source;
  const open = images.fields.filter(({ marker, obstacle }) => marker === null && obstacle === null);
  return addMarkers(
    source,
    open.map((field) => ({ field, policy: { namespace: 'apps', name: 'web' } })),
  );
}

function read(source: string): unknown {
  return parseAllDocuments(source, { uniqueKeys: false }).map((document) => document.toJS({ mapAsMap: true }));
}

test('marking adds comments at the ends of lines and nothing else, and once is enough', () => {
  let marked = 0;
  fc.assert(
    fc.property(text, (source) => {
      const after = mark(source);
      expect(read(after)).toEqual(read(source));
      expect(mark(after)).toBe(after);
      const without = after.replaceAll(/ # \{"\$imagepolicy": "apps:web(:\w+)?"\}/g, '');
      expect(without).toBe(source);
      const before = findMarkers('a.yaml', source).markers.length;
      const now = findMarkers('a.yaml', after);
      marked += now.markers.length - before;
    }),
  );
  expect(marked).toBeGreaterThan(50);
});

test('a text that moved under the proposal is not marked', () => {
  const images = findImages('a.yaml', pod('acme/web:1.0'));
  const fields = images.kind === 'found' ? images.fields : [];
  const additions = fields.map((field) => ({ field, policy: { namespace: 'apps', name: 'web' } }));
  expect(() => addMarkers(`# new\n${pod('acme/web:1.0')}`, additions)).toThrow(/read it again|cannot have a marker/);
});
