import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { writeFiles } from './support/checkout.ts';
import { type Home, openHome } from './support/open-home.ts';
import { temporaryFolder } from './support/run-tagalong.ts';

let home: Home;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  home = await openHome();
  folder = await temporaryFolder();
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const kustomization = (spec: Record<string, unknown> = {}, entries: readonly string[] = []): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'shop', namespace: 'flux-system' },
  spec: { interval: '1h', path: './shop', prune: true, sourceRef: { kind: 'GitRepository', name: 'fleet' }, ...spec },
  status: { inventory: { entries: entries.map((id) => ({ id, v: 'v1' })) } },
});
const configMap = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: apps\ndata:\n  value: ${value}\n`;
const secret = (value: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  namespace: apps\nstringData:\n  same: unchanged-value\n  token: ${value}\n`;
/** A variable, in the language of the manifests. */
const color = '$' + '{COLOR}';
const diff = (...args: readonly string[]) =>
  home.run('diff', 'kustomization', 'shop', '--path', join(folder.path, 'shop'), ...args);
const build = (...args: readonly string[]) => home.run('build', 'ks', 'shop', '--path', join(folder.path, 'shop'), ...args);

/** As if the folder had been applied as it is now. */
async function applyAll(): Promise<void> {
  const { stdout } = await build();
  for (const text of stdout.split('---\n').filter((part) => part.trim() !== '')) {
    const { parse } = await import('yaml');
    await home.cluster.apply(parse(text) as KubeObject, { fieldManager: 'kustomize-controller', force: true });
  }
}

describe('diff kustomization', () => {
  test('nothing to change: no words, exit code 0', async () => {
    await home.put(kustomization());
    await writeFiles(folder.path, { 'shop/a.yaml': configMap('a', 'one'), 'shop/s.yaml': secret('secret-one') });
    await applyAll();
    expect(await diff()).toMatchObject({ code: 0, stdout: '' });
  });

  test('what is new, what changed and what goes, with exit code 1', async () => {
    await home.put(kustomization({}, ['apps_a__ConfigMap', 'apps_old__ConfigMap', 'apps_gone__ConfigMap']));
    await writeFiles(folder.path, { 'shop/a.yaml': configMap('a', 'one'), 'shop/old.yaml': configMap('old', 'x') });
    await applyAll();
    await writeFiles(folder.path, { 'shop/a.yaml': configMap('a', 'two'), 'shop/old.yaml': configMap('new', 'x') });
    const ran = await diff();
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('identified at least one change, exiting with non-zero exit code');
    expect(ran.stdout).toContain('► ConfigMap/apps/a drifted\n--- a/ConfigMap/apps/a\n+++ b/ConfigMap/apps/a\n');
    expect(ran.stdout).toContain('-  value: one\n+  value: two\n');
    expect(ran.stdout).toContain('► ConfigMap/apps/new created\n');
    expect(ran.stdout).toContain('► ConfigMap/apps/old deleted\n');
    expect(ran.stdout).not.toContain('gone');
  });

  test('writes nothing', async () => {
    await home.put(kustomization());
    await writeFiles(folder.path, { 'shop/a.yaml': configMap('a', 'one') });
    await diff();
    expect(
      (await home.cluster.list({ group: '', version: 'v1', kind: 'ConfigMap' }, { namespace: 'apps' })).items.map(
        ({ metadata }) => metadata.name,
      ),
    ).not.toContain('a');
  });

  test('the values of a Secret are never shown, and a changed one still shows', async () => {
    await home.put(kustomization());
    await writeFiles(folder.path, { 'shop/s.yaml': secret('secret-one') });
    await applyAll();
    await writeFiles(folder.path, { 'shop/s.yaml': secret('secret-two') });
    const { stdout, code } = await diff();
    expect(code).toBe(1);
    expect(stdout).toContain('-  token: "*** (before)"\n+  token: "*** (after)"'.replaceAll('"', "'"));
    for (const value of ['secret-one', 'secret-two', 'unchanged-value'])
      for (const form of [value, Buffer.from(value).toString('base64')]) expect(stdout).not.toContain(form);
  });

  test('an encrypted Secret is compared by its keys', async () => {
    await home.put(kustomization());
    const encrypted = (keys: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  namespace: apps\ndata:\n${keys}sops:\n  mac: x\n`;
    await writeFiles(folder.path, { 'shop/s.yaml': secret('secret-one') });
    await applyAll();
    await writeFiles(folder.path, { 'shop/s.yaml': encrypted('  same: ENC[x]\n  token: ENC[y]\n') });
    expect((await diff()).stdout).toBe('');
    await writeFiles(folder.path, { 'shop/s.yaml': encrypted('  same: ENC[x]\n  another: ENC[y]\n') });
    expect((await diff()).stdout).toContain('another');
  });

  test('fields of spec.ignore and objects that are not reconciled do not count', async () => {
    await home.put(kustomization({ ignore: [{ paths: ['/data/value'] }] }));
    await writeFiles(folder.path, { 'shop/a.yaml': configMap('a', 'one') });
    await applyAll();
    const off = configMap('off', 'x').replace(
      '  namespace',
      '  annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}\n  namespace',
    );
    await writeFiles(folder.path, { 'shop/a.yaml': configMap('a', 'two'), 'shop/off.yaml': off });
    expect(await diff()).toMatchObject({ code: 0, stdout: '► ConfigMap/apps/off skipped\n' });
  });

  test('an object in a namespace that comes along is created', async () => {
    await home.put(kustomization());
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: fresh\n';
    await writeFiles(folder.path, { 'shop/n.yaml': namespace, 'shop/a.yaml': configMap('a', 'x').replace('apps', 'fresh') });
    expect(await diff()).toMatchObject({ code: 1, stdout: '► Namespace/fresh created\n► ConfigMap/fresh/a created\n' });
  });

  test.for([
    { because: 'the folder is not there', args: ['--path', '/nowhere/at/all'], says: 'there is no such folder' },
    { because: 'the Kustomization is not there', args: ['-n', 'apps'], says: '"shop" not found in "apps" namespace' },
  ])('an error is exit code 2: $because', async ({ args, says }) => {
    await home.put(kustomization());
    await mkdir(join(folder.path, 'shop'));
    const ran = await diff(...args);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(says);
  });
});

describe('build kustomization', () => {
  test('prints what would be sent, with variables from the cluster', async () => {
    const postBuild = { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] };
    await home.put(kustomization({ postBuild, commonMetadata: { labels: { team: 'web' } } }), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'vars', namespace: 'flux-system' },
      data: { COLOR: 'blue' },
    });
    await writeFiles(folder.path, { 'shop/a.yaml': configMap('a', color) });
    const { stdout, code } = await build();
    expect(code).toBe(0);
    expect(stdout).toContain('value: blue');
    expect(stdout).toContain('team: web');
    expect(stdout).toContain('kustomize.toolkit.fluxcd.io/name: shop');
  });

  test('takes the Kustomization from a file, before there is one', async () => {
    const file = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop, namespace: flux-system}
spec: {interval: 1h, prune: true, path: ./shop, sourceRef: {kind: GitRepository, name: fleet}, postBuild: {substitute: {COLOR: red}}}
`;
    await writeFiles(folder.path, { 'shop.yaml': file, 'shop/a.yaml': configMap('a', color) });
    expect((await build('--kustomization-file', join(folder.path, 'shop.yaml'))).stdout).toContain('value: red');
    const missing = await build('--kustomization-file', join(folder.path, 'shop/a.yaml'));
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('has no Kustomization shop') });
  });

  test('leaves out what .sourceignore names, and follows no link', async () => {
    await home.put(kustomization());
    await writeFiles(folder.path, {
      '.sourceignore': 'draft.yaml\n',
      'shop/a.yaml': configMap('a', 'x'),
      'shop/draft.yaml': configMap('draft', 'x'),
    });
    await symlink('/etc/passwd', join(folder.path, 'shop', 'link.yaml'));
    const { stdout, code } = await build();
    expect(code).toBe(0);
    expect(stdout).not.toContain('draft');
  });
});
