import { describe, expect, test } from 'vitest';
import { createBuilder, type KustomizeCommand } from '../../src/build/index.ts';
import { silentLog } from '../../src/core/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { findPart, kustomizeCommand } from '../real/index.ts';
import { artifactOf } from './folder-artifact.ts';

const { signal } = new AbortController();
const configMap = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}`;

function command(): KustomizeCommand | null {
  if (findPart('kustomize') === null) return null;
  const [program, ...args] = kustomizeCommand();
  return args.length === 0 ? [program, 'build'] : [program, ...args];
}

const newBuilder = () => createBuilder({ kustomize: command, log: silentLog });

async function failure(files: Record<string, string>, path = './app') {
  return newBuilder()
    .build({ artifact: artifactOf(files), path, signal })
    .then(
      () => 'built',
      (error: Error) => error.message,
    );
}

describe('before kustomize starts', () => {
  const refused: Record<string, string> = {
    'resources: [../../outside]': 'leaves the artifact',
    'resources: [/etc]': 'leaves the artifact',
    'Resources: [/etc]': 'leaves the artifact',
    'resources: ["https://example.com/a.yaml"]': 'is remote',
    'resources: ["github.com/acme/repo//base?ref=main"]': 'is remote',
    'resources: ["git@example.com:acme/repo"]': 'is remote',
    'bases: [../nowhere]': 'is neither a file nor a folder of the artifact',
    'components: [../../../c]': 'leaves the artifact',
    'crds: [/etc/crd.yaml]': 'leaves the artifact',
    'configurations: [../../x.yaml]': 'leaves the artifact',
    'generators: [/etc/g.yaml]': 'leaves the artifact',
    'transformers: ["../../t.yaml"]': 'leaves the artifact',
    'validators: ["https://example.com/v.yaml"]': 'is remote',
    'openapi: {path: /etc/passwd}': 'leaves the artifact',
    'patches: [{path: /etc/passwd}]': 'leaves the artifact',
    'patches: [{Path: /etc/passwd}]': 'leaves the artifact',
    'patchesStrategicMerge: [/etc/passwd]': 'leaves the artifact',
    'patchesJson6902: [{path: /etc/passwd, target: {kind: X, name: y, version: v1}}]': 'leaves the artifact',
    'replacements: [{path: ../../r.yaml}]': 'leaves the artifact',
    'configMapGenerator: [{name: x, files: [/etc/passwd]}]': 'leaves the artifact',
    'configMapGenerator: [{name: x, files: [key=../../etc/passwd]}]': 'leaves the artifact',
    'secretGenerator: [{name: x, envs: [/etc/environment]}]': 'leaves the artifact',
    'secretGenerator: [{name: x, env: /etc/environment}]': 'leaves the artifact',
    'helmCharts: [{name: x, repo: "https://example.com"}]': 'charts are not rendered here',
    'transformers: [plugin.yaml]': 'plugins and functions are never run',
    'transformers: [patch.yaml]': 'leaves the artifact',
    'generators: ["{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: x}, files: [/etc/passwd]}"]':
      'leaves the artifact',
    'resources: [deep]': 'leaves the artifact',
  };

  test.for(Object.entries(refused))('%s: %s', async ([text, says]) => {
    const message = await failure({
      'app/kustomization.yaml': `${text}\n`,
      'app/plugin.yaml':
        'apiVersion: v1\nkind: Run\nmetadata: {name: x, annotations: {config.kubernetes.io/function: "exec: {path: ./run.sh}"}}\n',
      'app/patch.yaml': 'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npath: /etc/passwd\n',
      'app/deep/kustomization.yml': 'resources: [../../base]\n',
      'base/Kustomization': 'resources: [../../../etc]\n',
    });
    expect(message).toContain(says);
    expect(message).toMatch(/^kustomize build failed: /);
  });

  test('without a kustomize the error says what to install', async () => {
    const builder = createBuilder({ kustomize: () => null, log: silentLog });
    const artifact = artifactOf({ 'app/kustomization.yaml': 'resources: [a.yaml]\n', 'app/a.yaml': configMap('a') });
    await expect(builder.build({ artifact, path: './app', signal })).rejects.toThrow(/install kustomize/);
  });
});

describeWithParts(['kustomize'], 'with a real kustomize', () => {
  test('an overlay is built with its base, its patches and its generators', async () => {
    const { objects } = await newBuilder().build({
      artifact: artifactOf({
        'app/prod/kustomization.yaml':
          'namePrefix: prod-\nresources: [../base]\npatches: [{path: patch.yaml}]\nconfigMapGenerator: [{name: settings, files: [app.ini]}]\n',
        'app/prod/patch.yaml': configMap('a', 'data: {b: "2"}\n'),
        'app/prod/app.ini': 'x=1\n',
        'app/base/kustomization.yaml': 'resources: [a.yaml]\n',
        'app/base/a.yaml': configMap('a', 'data: {a: "1"}\n'),
      }),
      path: './app/prod',
      signal,
    });
    expect(objects[0]?.object).toMatchObject({ metadata: { name: 'prod-a' }, data: { a: '1', b: '2' } });
    expect(objects[1]?.object.metadata.name).toMatch(/^prod-settings-/);
  });

  test('a folder with a kustomization file below a plain path is one entry, and plain files see its generated names', async () => {
    const { objects } = await newBuilder().build({
      artifact: artifactOf({
        'app/a.yaml': `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: settings}}]}]}\n`,
        'app/generated/kustomization.yaml': 'configMapGenerator: [{name: settings, literals: [a=1]}]\n',
        'app/generated/ignored.yaml': 'no: manifest\n',
      }),
      path: './app',
      signal,
    });
    expect(objects).toHaveLength(2);
    const pod = objects.find(({ object }) => object.kind === 'Pod');
    expect(pod?.origin).toEqual({ file: 'app/a.yaml', line: 1 });
    expect(JSON.stringify(pod?.object)).toMatch(/"name":"settings-[a-z0-9]+"/);
  });

  test('kustomize is run again only when a folder that it read changed', async () => {
    const builder = newBuilder();
    const files = {
      'app/kustomization.yaml': 'resources: [../base]\n',
      'base/kustomization.yaml': 'resources: [a.yaml]\n',
      'base/a.yaml': configMap('a'),
    };
    const build = (more: Record<string, string>) =>
      builder.build({ artifact: artifactOf({ ...files, ...more }), path: './app', signal });
    await build({});
    await build({ 'elsewhere/b.yaml': configMap('b') });
    expect(builder.built).toBe(1);
    await build({ 'base/a.yaml': configMap('changed') });
    expect(builder.built).toBe(2);
  });

  test('kustomize’s complaint is passed on without our temporary folders', async () => {
    const message = await failure({ 'app/kustomization.yaml': 'resources: [a.yaml]\n', 'app/a.yaml': 'kind: X\n' });
    expect(message).toMatch(/^kustomize build failed: /);
    expect(message).not.toMatch(/\/tmp|tagalong-artifact/);
    expect(message).toContain('a.yaml');
  });

  test('a build that is stopped ends at once, with everything it started', async () => {
    const stopping = new AbortController();
    const sleeper = createBuilder({
      kustomize: () => ['/bin/sh', '-c', 'PATH=/bin:/usr/bin; sleep 600 & sleep 600', 'x'],
      log: silentLog,
    });
    const artifact = artifactOf({ 'app/kustomization.yaml': 'resources: [a.yaml]\n', 'app/a.yaml': configMap('a') });
    const building = sleeper.build({ artifact, path: './app', signal: stopping.signal });
    setTimeout(() => stopping.abort(new Error('shutting down')), 50);
    await expect(building).rejects.toThrow('the build was stopped');
  });

  test.for([
    { because: 'time', limits: { kustomizeTimeoutMs: 50 }, script: 'sleep 600', says: /took more than 0.05s/ },
    {
      because: 'memory',
      limits: { maxMemoryBytes: 1_000_000 },
      script: 'sleep 600',
      says: /needs more than 1000000 bytes of memory/,
    },
    { because: 'output', limits: { maxOutputBytes: 1000 }, script: 'yes', says: /yields more than 1000 bytes/ },
  ])('a build has limits on $because', async ({ limits, script, says }) => {
    const builder = createBuilder({
      kustomize: () => ['/bin/sh', '-c', `PATH=/bin:/usr/bin; ${script}`, 'x'],
      log: silentLog,
      limits,
    });
    const artifact = artifactOf({ 'app/kustomization.yaml': 'resources: [a.yaml]\n', 'app/a.yaml': configMap('a') });
    await expect(builder.build({ artifact, path: './app', signal })).rejects.toThrow(says);
  });

  test('kustomize gets an environment of its own', async () => {
    const script =
      'printf "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: env}\\ndata:\\n"; /usr/bin/env | /bin/sed "s/=/: \\"/;s/$/\\"/;s/^/  /"';
    const builder = createBuilder({ kustomize: () => ['/bin/sh', '-c', script, 'x'], log: silentLog });
    const artifact = artifactOf({ 'app/kustomization.yaml': 'resources: [a.yaml]\n', 'app/a.yaml': configMap('a') });
    const { objects } = await builder.build({ artifact, path: './app', signal });
    const names = Object.keys(objects[0]?.object['data'] as object).filter(
      (name) => !['PWD', '_', 'SHLVL', 'OLDPWD'].includes(name),
    );
    expect(names.toSorted()).toEqual(['GOMAXPROCS', 'GOMEMLIMIT', 'HOME', 'PATH', 'TMPDIR']);
  });
});
