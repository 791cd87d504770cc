import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { allFixtureKeys, readFixture, secretOf } from '../decrypt/test-keys.ts';
import { writeFiles } from './support/checkout.ts';
import { type Home, openHome } from './support/open-home.ts';
import { runInProcess, temporaryFolder } from './support/run-tagalong.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** A variable, in the language of the manifests. */
const variable = (name: string) => `\${${name}}`;
const configMap = (name: string, value = 'x') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: apps\ndata:\n  value: "${value}"\n`;
const kustomization = (name: string, path: string, more = '', source = 'GitRepository, name: fleet') =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: ${name}, namespace: flux-system}\nspec: {interval: 1h, path: ${path}, prune: true, sourceRef: {kind: ${source}}${more}}\n`;
const at = (path: string) => join(folder.path, path);

describe('build kustomization --dry-run', () => {
  const build = (...args: readonly string[]) => runInProcess(['build', 'ks', ...args, '--dry-run', '--kubeconfig', '/nowhere']);
  const shop = () => ['shop', '--path', at('shop'), '--kustomization-file', at('shop.yaml')];
  const postBuild = ', postBuild: {substitute: {COLOR: blue}, substituteFrom: [{kind: ConfigMap, name: vars}]}';
  const names = (text: string) => [...text.matchAll(/^ {2}name: (.+)$/gm)].map(([, name]) => name);

  test('asks nothing of a cluster: its variables are empty, as those of `flux build` are', async () => {
    await writeFiles(folder.path, {
      'shop.yaml': kustomization('shop', './shop', postBuild),
      'shop/a.yaml': configMap('a', `${variable('COLOR')}-${variable('FROM_CLUSTER')}-`),
    });
    expect(await build(...shop())).toMatchObject({ code: 0, stdout: expect.stringContaining('value: blue--\n') });
    const strict = await build(...shop(), '--strict-substitute');
    expect(strict).toMatchObject({ code: 1, stderr: expect.stringContaining('variable not set (strict mode): "FROM_CLUSTER"') });
  });

  test('needs the Kustomization in a file', async () => {
    await writeFiles(folder.path, { 'shop/a.yaml': configMap('a') });
    const ran = await build('shop', '--path', at('shop'));
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('give the Kustomization with --kustomization-file') });
  });

  test.for([
    { because: 'a folder', patterns: ['sub/*'], left: ['a', 'b'] },
    { because: 'patterns start at --path', patterns: ['/a.yaml'], left: ['b', 'sub'] },
    { because: 'not at the repository', patterns: ['/shop/a.yaml'], left: ['a', 'b', 'sub'] },
    { because: 'several, with commas', patterns: ['a.yaml,sub/'], left: ['b'] },
  ])('--ignore-paths: $because', async ({ patterns, left }) => {
    await writeFiles(folder.path, {
      'shop.yaml': kustomization('shop', './shop'),
      ...{ 'shop/a.yaml': configMap('a'), 'shop/b.yaml': configMap('b'), 'shop/sub/c.yaml': configMap('sub') },
    });
    const { stdout } = await build(...shop(), ...patterns.map((pattern) => `--ignore-paths=${pattern}`));
    expect(names(stdout)).toEqual(left);
  });

  test('--recursive follows Kustomizations among the objects into the folders of their sources, each once', async () => {
    await writeFiles(folder.path, {
      'root.yaml': kustomization('root', './clusters'),
      'repo/clusters/root.yaml': kustomization('root', './clusters'),
      'repo/clusters/apps.yaml': kustomization('apps', './apps', ', postBuild: {substitute: {COLOR: blue}}'),
      'repo/clusters/other.yaml': kustomization('other', './', '', 'OCIRepository, name: other, namespace: team'),
      'repo/apps/a.yaml': configMap('a', variable('COLOR')),
      'other/b.yaml': configMap('b'),
    });
    const root = ['root', '--path', at('repo/clusters'), '--kustomization-file', at('root.yaml'), '--recursive'];
    const fleet = `--local-sources=GitRepository/flux-system/fleet=${at('repo')}`;
    const missing = await build(...root, fleet);
    expect(missing).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot get local path for OCIRepository/team/other of kustomization other'),
    });
    const { stdout } = await build(...root, `${fleet},OCIRepository/team/other=${at('other')}`);
    expect(names(stdout)).toEqual(['apps', 'other', 'root', 'a', 'b']);
    expect(stdout).toContain('value: blue');
    expect(stdout).toContain('kustomize.toolkit.fluxcd.io/name: other');
  });

  test('what SOPS encrypted is told as such, and not printed', async () => {
    await writeFiles(folder.path, {
      'shop.yaml': kustomization('shop', './shop'),
      'shop/s.yaml': readFixture('yaml-secret').encrypted.toString('utf8'),
    });
    const { stdout, code } = await build(...shop());
    expect(code).toBe(0);
    expect(stdout).toContain(Buffer.from('**SOPS**').toString('base64'));
    expect(stdout).not.toMatch(/ENC\[|sops:/);
  });
});

describe('diff kustomization, where files are encrypted', () => {
  let home: Home;
  beforeEach(async () => {
    home = await openHome();
  });
  afterEach(() => home[Symbol.asyncDispose]());

  const decryption = ', decryption: {provider: sops, secretRef: {name: keys}}';
  const database = (password: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'database',
      namespace: 'default',
      labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' },
    },
    data: { password: Buffer.from(password).toString('base64') },
  });
  const keys = (): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'keys', namespace: 'flux-system' },
    data: secretOf(allFixtureKeys).data,
  });
  const diff = async () => {
    await writeFiles(folder.path, {
      'shop.yaml': kustomization('shop', './shop', decryption),
      'shop/s.yaml': readFixture('yaml-secret').encrypted.toString('utf8'),
    });
    return home.run('diff', 'ks', 'shop', '--path', at('shop'), '--kustomization-file', at('shop.yaml'));
  };

  test('the keys of the object open them: a value that differs shows, and none is printed', async () => {
    await home.put(keys());
    await home.cluster.apply(database('another horse'), { fieldManager: 'kustomize-controller', force: true });
    const { code, stdout, stderr } = await diff();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.not.stringContaining('nothing is decrypted') });
    expect(stdout).toContain("-  password: '*** (before)'\n+  password: '*** (after)'");
    for (const value of ['correct horse', 'another horse'])
      for (const form of [value, Buffer.from(value).toString('base64')]) expect(stdout + stderr).not.toContain(form);
  });

  test('without the keys they are compared by their keys, and that is told', async () => {
    await home.cluster.apply(database('another horse'), { fieldManager: 'kustomize-controller', force: true });
    const { stdout, stderr } = await diff();
    expect(stderr).toContain('nothing is decrypted, encrypted Secrets are compared by their keys: secrets "keys" not found');
    expect(stdout).not.toContain('password: ***');
  });
});
