import { expect, test } from 'vitest';
import { createBuilder } from '../../src/build/index.ts';
import { silentLog } from '../../src/core/index.ts';
import { artifactOf } from './folder-artifact.ts';

const { signal } = new AbortController();
const newBuilder = () => createBuilder({ kustomize: () => null, log: silentLog });
const configMap = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}`;

async function build(files: Record<string, string | Buffer>, path = './app') {
  return newBuilder().build({ artifact: artifactOf(files), path, signal });
}

async function failure(files: Record<string, string | Buffer>, path = './app') {
  return build(files, path).then(
    () => null,
    (error: { message: string; reason: string; code: string }) => error,
  );
}

test('every .yaml and .yml below the path is read, and nothing else', async () => {
  const { objects } = await build({
    'app/a-b.yaml': configMap('second'),
    'app/a/x.yml': configMap('first'),
    'app/notes.txt': 'no manifest',
    'other/z.yaml': configMap('elsewhere'),
  });
  expect(objects.map(({ object }) => object.metadata.name)).toEqual(['first', 'second']);
});

test('documents and lists are taken apart, and each object knows its line', async () => {
  const list = `apiVersion: v1\nkind: List\nitems:\n- ${configMap('b').trim().replaceAll('\n', '\n  ')}\n- ${configMap('c').trim().replaceAll('\n', '\n  ')}\n`;
  const { objects } = await build({ 'app/x.yaml': `# a comment\n---\n${configMap('a')}---\n# nothing\n---\n${list}` });
  expect(objects.map(({ object, origin }) => `${object.metadata.name} ${origin?.file}:${origin?.line}`)).toEqual([
    'a app/x.yaml:3',
    'b app/x.yaml:13',
    'c app/x.yaml:17',
  ]);
});

test('kustomize’s own objects and local configuration stay out of the cluster', async () => {
  const { objects } = await build({
    'app/a.yaml': configMap('kept'),
    'app/b.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n',
    'app/c.yaml': configMap('local', '  annotations: {config.kubernetes.io/local-config: "true"}\n'),
  });
  expect(objects).toHaveLength(1);
});

test.for([
  { because: 'YAML 1.1’s booleans', text: 'yes', reads: 'yes' },
  { because: 'off', text: 'off', reads: 'off' },
  { because: 'y', text: 'y', reads: 'y' },
  { because: 'a boolean', text: 'True', reads: true },
  { because: 'a quoted boolean', text: '"true"', reads: 'true' },
  { because: 'a quoted number', text: "'0755'", reads: '0755' },
  { because: 'an old octal', text: '0755', reads: 493 },
  { because: 'a new octal', text: '0o755', reads: 493 },
  { because: 'no octal after all', text: '0.80', reads: 0.8 },
  { because: 'hexadecimal', text: '0x1F', reads: 31 },
  { because: 'binary', text: '0b101', reads: 5 },
  { because: 'digits in groups', text: '1_000', reads: 1000 },
  { because: 'base 60', text: '22:22', reads: '22:22' },
  { because: 'a version', text: '1.10.0', reads: '1.10.0' },
  { because: 'a float', text: '1e3', reads: 1000 },
  { because: 'nothing', text: '', reads: null },
  { because: 'a tilde', text: '~', reads: null },
  { because: 'a date', text: '2020-01-02', reads: '2020-01-02T00:00:00Z' },
  { because: 'the largest exact integer', text: '9007199254740991', reads: 9007199254740991 },
  { because: 'an impossible date', text: '2020-13-41', reads: '2020-13-41' },
  { because: 'a forced text', text: '!!str 12', reads: '12' },
  { because: 'a hash of digits with an e', text: '12e5', reads: 1200000 },
  { because: 'a block', text: '|\n    a\n     b\n', reads: 'a\n b\n' },
])('$because: $text reads as $reads', async ({ text, reads }) => {
  const { objects } = await build({ 'app/a.yaml': configMap('a', `data:\n  value: ${text}\n`) });
  expect(objects[0]?.object).toMatchObject({ data: { value: reads } });
});

test('an integer that would be rounded is refused, except in a schema, where it is a float anyway', async () => {
  const big = 'value: 9223372036854775807';
  const problem = await failure({ 'app/a.yaml': configMap('a', `data:\n  ${big}\n`) });
  expect(problem?.message).toContain('app/a.yaml:6:10: the integer 9223372036854775807 cannot be carried exactly');
  const definition = `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\nspec: {${big}}\n`;
  await expect(build({ 'app/a.yaml': definition })).resolves.toBeDefined();
});

test('anchors and merge keys are expanded, own keys win', async () => {
  const text = configMap(
    'a',
    'base: &base {a: 1, b: 2}\nmore: &more {c: 3}\nmerged:\n  <<: [*base, *more]\n  b: own\ncopy: *base\n',
  );
  const { objects } = await build({ 'app/a.yaml': text });
  expect(objects[0]?.object['merged']).toEqual({ a: 1, b: 'own', c: 3 });
  expect(objects[0]?.object['copy']).toEqual({ a: 1, b: 2 });
});

test('an anchor used many times is no bomb', async () => {
  const uses = Array.from({ length: 2000 }, () => '- *a').join('\n');
  await expect(build({ 'app/a.yaml': configMap('a', `one: &a {x: 1}\nmany:\n${uses}\n`) })).resolves.toBeDefined();
});

test('a bomb of anchors is refused at its place', async () => {
  const levels = Array.from(
    { length: 12 },
    (_, level) => `l${level + 1}: &l${level + 1} [${Array(10).fill(`*l${level}`).join(', ')}]`,
  );
  const problem = await failure({ 'app/a.yaml': configMap('a', `l0: &l0 x\n${levels.join('\n')}\n`) });
  expect(problem?.message).toMatch(/app\/a\.yaml:\d+:\d+: too many values/);
});

test.for([
  { because: 'broken YAML', text: `${configMap('a')}data: {a: [}\n`, says: /app\/a\.yaml:5:\d+: / },
  { because: 'a key twice', text: configMap('a', 'data: {a: 1, a: 2}\n'), says: /app\/a\.yaml:5:\d+: / },
  { because: 'no mapping', text: 'hello\n', says: /app\/a\.yaml:1: not a Kubernetes object: it is no mapping/ },
  {
    because: 'no kind',
    text: 'apiVersion: v1\nmetadata: {name: a}\n',
    says: /a\.yaml:1: not a Kubernetes object: kind is missing/,
  },
  {
    because: 'no name',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n',
    says: /a\.yaml:1: ConfigMap: metadata\.name is missing/,
  },
  {
    because: 'a generated name',
    text: 'apiVersion: v1\nkind: Job\nmetadata: {generateName: a-}\n',
    says: /a\.yaml:1: Job: metadata\.generateName/,
  },
  {
    because: 'an anchor within itself',
    text: configMap('a', 'data: &a {b: *a}\n'),
    says: /a\.yaml:5:\d+: an anchor contains itself/,
  },
  { because: 'an unknown anchor', text: configMap('a', 'data: *a\n'), says: /a\.yaml:5:\d+: / },
  { because: 'infinity', text: configMap('a', 'data: {a: .inf}\n'), says: /a\.yaml:5:11: \.inf has no place in JSON/ },
  { because: 'bytes that are no text', text: Buffer.from([0x61, 0xff, 0xfe]), says: /a\.yaml: not UTF-8 text/ },
  { because: 'hostile nesting', text: configMap('a', `data: ${'['.repeat(50_000)}`), says: /a\.yaml/ },
])('$because is refused with its place', async ({ text, says }) => {
  const problem = await failure({ 'app/a.yaml': text, 'app/b.yaml': configMap('b') });
  expect(problem?.message).toMatch(says);
  expect(problem?.reason).toBe('BuildFailed');
});

test('all problems of all files are told at once, in words users of Flux know', async () => {
  const problem = await failure({ 'app/a.yaml': 'a: [', 'app/b.yaml': configMap('b'), 'app/c.yaml': 'kind: X\n' });
  const lines = problem?.message.split('\n') ?? [];
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).toMatch(/^failed to decode Kubernetes YAML from app\/[ac]\.yaml:1/);
});

test('a message never carries the text of a line: it may be a secret', async () => {
  const problem = await failure({ 'app/a.yaml': 'apiVersion: v1\nkind: Secret\nstringData:\n  password: hunter2\n bad\n' });
  expect(problem?.message).not.toContain('hunter2');
});

test('one object in two files is refused with both places', async () => {
  const problem = await failure({ 'app/a.yaml': configMap('x'), 'app/b.yaml': configMap('x', '  namespace: default\n') });
  expect(problem?.message).toBe('ConfigMap/default/x is defined twice: in app/a.yaml:1 and in app/b.yaml:1');
});

test.for([
  { path: './nowhere', says: 'kustomization path not found: ./nowhere is not in main@sha1:0001', reason: 'ArtifactFailed' },
  { path: './app/a.yaml', says: 'kustomization path not found: ./app/a.yaml is a file', reason: 'ArtifactFailed' },
  { path: '../up', says: "kustomization path '../up' leaves the artifact", reason: 'ArtifactFailed' },
  { path: './empty', says: "kustomization path 'empty' holds no manifests", reason: 'BuildFailed' },
])('path $path: $says', async ({ path, says, reason }) => {
  const problem = await failure({ 'app/a.yaml': configMap('a'), 'empty/notes.txt': 'x' }, path);
  expect(problem?.message).toContain(says);
  expect(problem?.reason).toBe(reason);
});

test.for(['', './', '/', undefined, '.'])('the path %j is the root', async (path) => {
  const { objects } = await newBuilder().build({ artifact: artifactOf({ 'app/a.yaml': configMap('a') }), path, signal });
  expect(objects).toHaveLength(1);
});

test('an unchanged path is neither built nor read again, also at another revision', async () => {
  const builder = newBuilder();
  const files = { 'app/a.yaml': configMap('a') };
  const first = await builder.build({ artifact: artifactOf(files), path: './app', signal });
  const second = artifactOf({ ...files, 'other/b.yaml': configMap('b') }, 'main@sha1:0002');
  expect(await builder.build({ artifact: second, path: 'app/', signal })).toBe(first);
  expect([builder.built, second.reads]).toEqual([1, 0]);
});

test('a failed build is tried again', async () => {
  const builder = newBuilder();
  const request = { artifact: artifactOf({ 'app/a.yaml': 'a: [' }), path: './app', signal };
  await expect(builder.build(request)).rejects.toThrow();
  await expect(builder.build(request)).rejects.toThrow();
  expect(builder.built).toBe(2);
});

test('a key named __proto__ stays a key', async () => {
  const { objects } = await build({ 'app/a.yaml': configMap('a', 'data: {__proto__: {polluted: "1"}}\n') });
  expect(Object.keys(objects[0]?.object['data'] as object)).toEqual(['__proto__']);
  expect(({} as { polluted?: string }).polluted).toBeUndefined();
});
