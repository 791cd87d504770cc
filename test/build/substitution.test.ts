// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the expressions under test
import { describe, expect, test } from 'vitest';
import { createBuilder, type Substitution } from '../../src/build/index.ts';
import { silentLog } from '../../src/core/index.ts';
import { artifactOf } from './folder-artifact.ts';

const { signal } = new AbortController();

function substitution(values: Record<string, string>, secrets: string[] = []): Substitution {
  return { variables: new Map(Object.entries(values).map(([name, value]) => [name, Buffer.from(value)])), secrets };
}

async function build(manifest: string, values: Record<string, string>, secrets: string[] = []) {
  const builder = createBuilder({ kustomize: () => null, log: silentLog });
  const artifact = artifactOf({ 'app/a.yaml': manifest });
  return builder.build({ artifact, path: './app', substitution: substitution(values, secrets), signal });
}

const widget = (body: string, meta = '') => `apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: a\n${meta}${body}\n`;

describe('the text is read again after substitution', () => {
  test.for<{ because: string; body: string; values: Record<string, string>; gives: unknown }>([
    { because: 'text stays text', body: 'x: ${v}', values: { v: 'abc' }, gives: { x: 'abc' } },
    { because: 'a number becomes a number', body: 'x: ${v}', values: { v: '3' }, gives: { x: 3 } },
    { because: 'quotes around a lone variable are not kept', body: 'x: "${v}"', values: { v: '3' }, gives: { x: 3 } },
    { because: 'quotes that come with a value are', body: 'x: ${v}', values: { v: '"3"' }, gives: { x: '3' } },
    { because: 'a variable that is a quote makes text', body: 'x: ${q}${v}${q}', values: { v: '3', q: '"' }, gives: { x: '3' } },
    { because: 'true becomes a boolean', body: 'x: ${v}', values: { v: 'true' }, gives: { x: true } },
    { because: 'yes becomes a boolean, as in Flux', body: 'x: ${v}', values: { v: 'yes' }, gives: { x: true } },
    { because: 'yes that no variable made stays text', body: 'x: yes\ny: ${v}', values: { v: 'a' }, gives: { x: 'yes', y: 'a' } },
    { because: 'a date stays text', body: 'x: ${v}', values: { v: '2024-01-31' }, gives: { x: '2024-01-31' } },
    { because: 'nothing becomes null', body: 'x: ${v}', values: { v: '' }, gives: { x: null } },
    { because: 'a list becomes a list', body: 'x: ${v}', values: { v: '[a, 1]' }, gives: { x: ['a', 1] } },
    { because: 'names of fields too', body: '${v}: 1', values: { v: 'x' }, gives: { x: 1 } },
    { because: 'within text a number stays text', body: 'x: a-${v}', values: { v: '3' }, gives: { x: 'a-3' } },
    { because: 'a block keeps its lines', body: 'x: |\n  a: ${v}\n  $${v}\n', values: { v: '3' }, gives: { x: 'a: 3\n${v}\n' } },
    { because: 'defaults', body: 'x: ${none:=5}', values: { v: '' }, gives: { x: 5 } },
    { because: 'dollars without braces stay', body: 'x: $v $(v)', values: { v: '1' }, gives: { x: '$v $(v)' } },
  ])('$because', async ({ body, values, gives }) => {
    const { objects } = await build(widget(body), values);
    const { apiVersion: _a, kind: _k, metadata: _m, ...rest } = objects[0]?.object ?? ({} as Record<string, unknown>);
    expect(rest).toEqual(gives);
  });

  test('metadata too', async () => {
    const { objects } = await build(widget('', '  namespace: ${v}\n  annotations: {n: "${n}"}\n'), { v: 'prod', n: '1' });
    expect(objects[0]?.object.metadata).toEqual({ name: 'a', namespace: 'prod', annotations: { n: '1' } });
  });

  test('objects keep the place where they stand', async () => {
    const { objects } = await build(widget('x: ${v}'), { v: '1' });
    expect(objects[0]?.origin).toEqual({ file: 'app/a.yaml', line: 1 });
  });
});

describe('objects that ask for it are left alone', () => {
  test.for([
    ['a label', '  labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}\n', '${v}'],
    ['an annotation', '  annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}\n', '${v}'],
    ['another value does not', '  annotations: {kustomize.toolkit.fluxcd.io/substitute: Disabled}\n', 'b'],
  ] as const)('%s', async ([, meta, gives]) => {
    const { objects } = await build(widget('x: ${v}', meta), { v: 'b' });
    expect(objects[0]?.object).toMatchObject({ x: gives });
  });
});

describe('what fails is told', () => {
  const start = "post build failed for 'Widget.v1.example.com/a': envsubst error: ";

  test.for([
    ['not set', 'x: ${none}', `${start}variable substitution failed: variable not set (strict mode): "none"`],
    ['not readable', 'x: ${none', `${start}variable substitution failed: missing closing brace`],
    ['no YAML any more', 'x: ${colon}', `${start}YAMLToJSON: yaml: line 5: `],
    ['no object any more', 'x: 1\nkind2: ${sep}', `${start}YAMLToJSON: `],
  ] as const)('%s', async ([, body, says]) => {
    const failing = build(widget(body), { colon: 'a: b: c', sep: '{a: [}' });
    await expect(failing).rejects.toThrow(expect.objectContaining({ code: 'SUBSTITUTION_FAILED', reason: 'BuildFailed' }));
    await expect(failing).rejects.toThrow(says);
  });

  test('a name that is none, with the words of Flux', async () => {
    const says = `${start}'a.yaml' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`;
    await expect(build(widget('x: 1'), { 'a.yaml': '' })).rejects.toThrow(says);
  });

  test('objects of the core group', async () => {
    const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: "${none}"}\n';
    await expect(build(manifest, { v: '' })).rejects.toThrow("post build failed for 'ConfigMap.v1.[noGrp]/a': ");
  });

  test('all objects at once', async () => {
    const manifest = `${widget('x: ${one}')}---\n${widget('x: ${two}').replace('name: a', 'name: b')}`;
    await expect(build(manifest, {})).rejects.toThrow(/"one"\n.*"two"/);
  });

  test('two objects that substitution gave one name', async () => {
    const manifest = `${widget('x: 1').replace('name: a', 'name: "${v}"')}---\n${widget('x: 2')}`;
    await expect(build(manifest, { v: 'a' })).rejects.toThrow('Widget/a is defined twice');
  });

  test('never with a value that came from a Secret', async () => {
    const secret = '987654321987654321';
    const failing = build(widget('x: ${v}'), { v: secret }, [secret]);
    await expect(failing).rejects.toThrow('[redacted]');
    await expect(failing).rejects.not.toThrow(secret);
  });
});

describe('what is remembered', () => {
  test('the same values make the same build, others another', async () => {
    const builder = createBuilder({ kustomize: () => null, log: silentLog });
    const artifact = artifactOf({ 'app/a.yaml': widget('x: ${v}') });
    const withValue = (v: string) => builder.build({ artifact, path: './app', substitution: substitution({ v }), signal });
    const first = await withValue('1');
    expect(await withValue('1')).toBe(first);
    const second = await withValue('2');
    expect(second.digest).not.toBe(first.digest);
    expect(second.key).not.toBe(first.key);
    expect(builder.built).toBe(1);
  });

  test('what memory was let go of is built again, to the same', async () => {
    const builder = createBuilder({ kustomize: () => null, log: silentLog });
    const artifact = artifactOf({ 'app/a.yaml': widget('x: ${v}') });
    const again = () => builder.build({ artifact, path: './app', substitution: substitution({ v: '1' }), signal });
    const first = await again();
    builder.forget();
    expect((await again()).digest).toBe(first.digest);
    expect(builder.built).toBe(2);
  });

  test('the digest is that of the text after substitution', async () => {
    const substituted = await build(widget('x: ${v}'), { v: '1' });
    expect(substituted.digest).toBe((await build(widget('x: 1'), {})).digest);
  });
});
