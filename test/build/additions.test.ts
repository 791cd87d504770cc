import { describe, expect, test } from 'vitest';
import { type BuildAdditions, createBuilder, type KustomizeCommand } from '../../src/build/index.ts';
import { silentLog } from '../../src/core/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { findPart, kustomizeCommand } from '../real/index.ts';
import { artifactOf } from './folder-artifact.ts';

const { signal } = new AbortController();
const configMap = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}`;
const pod = (name: string, image: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: c, image: "${image}"}]}\n`;

function command(): KustomizeCommand | null {
  if (findPart('kustomize') === null) return null;
  const [program, ...args] = kustomizeCommand();
  return args.length === 0 ? [program, 'build'] : [program, ...args];
}

const newBuilder = (kustomize = command) => createBuilder({ kustomize, log: silentLog });

async function objectsOf(files: Record<string, string>, additions: BuildAdditions) {
  const { objects } = await newBuilder().build({ artifact: artifactOf(files), path: './app', additions, signal });
  return objects.map(({ object }) => object);
}

const component =
  'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{target: {kind: ConfigMap}, patch: "- {op: add, path: /data, value: {from: component}}"}]\n';

describe('components that are not built', () => {
  test.for([
    { path: '/etc', says: "component path '/etc' must be local and relative" },
    {
      path: 'https://example.com/acme/c',
      says: "component path 'https://example.com/acme/c' must be local and relative",
    },
    { path: 'git@example.com:acme/c', says: "component path 'git@example.com:acme/c' must be local and relative" },
    { path: 'github.com/acme/c', says: "component path 'github.com/acme/c' must be local and relative" },
    { path: '../../c', says: "component path '../../c' leaves the artifact" },
    { path: '../nowhere', says: "kustomize build failed: spec.components[0]: '../nowhere' is no folder of main@sha1:0001" },
  ])('$path: $says', async ({ path, says }) => {
    await expect(objectsOf({ 'app/a.yaml': configMap('a') }, { components: [path] })).rejects.toThrow(says);
  });

  test('what a component asks for is checked like everything else', async () => {
    const files = { 'app/a.yaml': configMap('a'), 'c/kustomization.yaml': `${component}resources: [../../outside]\n` };
    await expect(objectsOf(files, { components: ['../c'] })).rejects.toThrow('leaves the artifact');
  });
});

test('additions that ask for nothing need no kustomize', async () => {
  const additions = { patches: [], components: ['../gone'], ignoreMissingComponents: true, images: [], buildMetadata: [] };
  const { objects } = await newBuilder(() => null).build({
    artifact: artifactOf({ 'app/a.yaml': configMap('a') }),
    path: './app',
    additions,
    signal,
  });
  expect(objects).toHaveLength(1);
});

test('a manifest that cannot be read is named with its line also where something is added', async () => {
  const files = { 'app/a.yaml': configMap('a'), 'app/b.yaml': 'a: [\n' };
  await expect(objectsOf(files, { namePrefix: 'x-' })).rejects.toThrow(/failed to decode Kubernetes YAML from app\/b.yaml:\d/);
});

describeWithParts(['kustomize'], 'with a real kustomize', () => {
  const own = (text: string) => ({ 'app/kustomization.yaml': `${text}resources: [a.yaml]\n`, 'app/a.yaml': configMap('a') });
  const plain = { 'app/a.yaml': configMap('a') };

  test.for<{ because: string; files: Record<string, string>; additions: BuildAdditions; gives: object }>([
    {
      because: 'a plain folder gets a namespace',
      files: plain,
      additions: { targetNamespace: 'prod' },
      gives: { metadata: { name: 'a', namespace: 'prod' } },
    },
    {
      because: 'the namespace of an own kustomization is replaced',
      files: own('namespace: dev\n'),
      additions: { targetNamespace: 'prod' },
      gives: { metadata: { namespace: 'prod' } },
    },
    {
      because: 'a field in other letters is the same field',
      files: own('Namespace: dev\n'),
      additions: { targetNamespace: 'prod' },
      gives: { metadata: { namespace: 'prod' } },
    },
    {
      because: 'prefix and suffix replace those of an own kustomization',
      files: own('namePrefix: old-\nnameSuffix: -old\n'),
      additions: { namePrefix: 'x-', nameSuffix: '-y' },
      gives: { metadata: { name: 'x-a-y' } },
    },
    {
      because: 'an own suffix stays where the spec has none',
      files: own('nameSuffix: -old\n'),
      additions: { namePrefix: 'x-' },
      gives: { metadata: { name: 'x-a-old' } },
    },
    {
      because: 'a strategic merge patch names its object itself',
      files: plain,
      additions: { patches: [{ patch: configMap('a', 'data: {b: "2"}\n') }] },
      gives: { data: { b: '2' } },
    },
    {
      because: 'a JSON patch goes where its target selects',
      files: plain,
      additions: {
        patches: [{ patch: '- {op: add, path: /data, value: {b: "2"}}', target: { kind: 'ConfigMap', name: 'a.*' } }],
      },
      gives: { data: { b: '2' } },
    },
    {
      because: 'patches come after those of an own kustomization',
      files: own('patches: [{target: {kind: ConfigMap}, patch: "- {op: add, path: /data, value: {b: one, c: one}}"}]\n'),
      additions: { patches: [{ patch: configMap('a', 'data: {b: two}\n') }] },
      gives: { data: { b: 'two', c: 'one' } },
    },
    {
      because: 'a component is added',
      files: { ...plain, 'parts/c/kustomization.yaml': component },
      additions: { components: ['../parts/c'] },
      gives: { data: { from: 'component' } },
    },
    {
      because: 'a missing component is left out where that is allowed',
      files: { ...plain, 'parts/c/kustomization.yaml': component },
      additions: { components: ['../gone', '../parts/c'], ignoreMissingComponents: true },
      gives: { data: { from: 'component' } },
    },
    {
      because: 'build metadata is what kustomize annotates',
      files: plain,
      additions: { buildMetadata: ['originAnnotations'] },
      gives: { metadata: { annotations: { 'config.kubernetes.io/origin': 'path: a.yaml\n' } } },
    },
  ])('$because', async ({ files, additions, gives }) => {
    const [object] = await objectsOf(files, additions);
    expect(object).toMatchObject(gives);
  });

  test.for<{ because: string; own: string; image: BuildAdditions['images']; gives: string }>([
    { because: 'an image gets a tag', own: '', image: [{ name: 'web', newTag: '2' }], gives: 'web:2' },
    {
      because: 'an image gets a digest',
      own: '',
      image: [{ name: 'web', digest: 'sha256:ab' }],
      gives: 'web@sha256:ab',
    },
    { because: 'an image gets a name', own: '', image: [{ name: 'web', newName: 'mirror/web' }], gives: 'mirror/web:1' },
    {
      because: 'a new tag replaces an own digest',
      own: 'images: [{name: web, newName: own/web, digest: "sha256:cd"}]\n',
      image: [{ name: 'web', newTag: '2' }],
      gives: 'own/web:2',
    },
    {
      because: 'a new name leaves an own tag',
      own: 'images: [{name: web, newTag: "7"}]\n',
      image: [{ name: 'web', newName: 'mirror/web' }],
      gives: 'mirror/web:7',
    },
    {
      because: 'another image is left alone',
      own: 'images: [{name: web, newTag: "7"}]\n',
      image: [{ name: 'other', newTag: '2' }],
      gives: 'web:7',
    },
  ])('$because', async ({ own: text, image, gives }) => {
    const files = { 'app/kustomization.yaml': `${text}resources: [pod.yaml]\n`, 'app/pod.yaml': pod('p', 'web:1') };
    const [object] = await objectsOf(files, { images: image });
    expect(object).toMatchObject({ spec: { containers: [{ image: gives }] } });
  });

  test('the same path with other additions is another build', async () => {
    const builder = newBuilder();
    const artifact = artifactOf({ ...plain, 'c/kustomization.yaml': component });
    const build = (additions: BuildAdditions) => builder.build({ artifact, path: './app', additions, signal });
    await build({ namePrefix: 'x-' });
    await build({ namePrefix: 'x-', patches: [] });
    expect(builder.built).toBe(1);
    await build({ namePrefix: 'y-' });
    await build({ namePrefix: 'y-', components: ['../c'] });
    expect(builder.built).toBe(3);
  });

  test('a component that changed, or appeared, is built anew', async () => {
    const builder = newBuilder();
    const additions = { components: ['../c'], ignoreMissingComponents: true, namePrefix: 'x-' };
    const build = (files: Record<string, string>) =>
      builder.build({ artifact: artifactOf({ ...plain, ...files }), path: './app', additions, signal });
    await build({});
    await build({ 'c/kustomization.yaml': component });
    const { objects } = await build({ 'c/kustomization.yaml': component.replace('from: component', 'from: elsewhere') });
    expect(builder.built).toBe(3);
    expect(objects[0]?.object).toMatchObject({ data: { from: 'elsewhere' } });
  });
});
