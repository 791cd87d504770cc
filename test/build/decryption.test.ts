import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createBuilder, type KustomizeCommand } from '../../src/build/index.ts';
import { silentLog } from '../../src/core/index.ts';
import { allFixtureKeys, decryptionWith, fixtureKeys, readFixture, signal } from '../decrypt/test-keys.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { kustomizeCommand } from '../real/index.ts';
import { artifactOf } from './folder-artifact.ts';

const bytes = (name: string) => readFixture(name).encrypted;
const text = (name: string) => bytes(name).toString('utf8');
const plainKustomize = (): KustomizeCommand | null => null;

function realKustomize(): KustomizeCommand {
  const [program, ...args] = kustomizeCommand();
  return args.length === 0 ? [program, 'build'] : [program, ...args];
}

async function build(files: Record<string, string | Buffer>, { kustomize = plainKustomize, keys = allFixtureKeys } = {}) {
  const builder = createBuilder({ kustomize, log: silentLog });
  const decryption = await decryptionWith(keys);
  const { objects } = await builder.build({ artifact: artifactOf(files), path: './app', decryption, signal });
  return objects.map(({ object }) => object);
}

const failure = (task: Promise<unknown>) =>
  task.then(
    () => 'built',
    (error: Error & { code?: string; reason?: string }) => `${error.reason} ${error.code}: ${error.message}`,
  );

const database = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'database', namespace: 'default' },
  type: 'Opaque',
  stringData: { password: 'correct horse' },
  data: { token: 'YmF0dGVyeSBzdGFwbGU=' },
};
const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n';

describe('a folder of plain manifests', () => {
  test.for(['yaml-secret', 'yaml-secret-wholly-encrypted', 'yaml-with-mac-over-encrypted-only'])(
    '%s is applied decrypted',
    async (name) => {
      expect(await build({ 'app/secret.yaml': bytes(name), 'app/settings.yaml': configMap })).toContainEqual(database);
    },
  );

  test('files that were encrypted one by one and put together are each checked', async () => {
    const other = text('yaml-secret').replaceAll('database', 'database');
    const files = {
      'app/all.yaml': `${text('yaml-with-mac-over-encrypted-only')}---\n${configMap}`,
      'app/more/one.yml': configMap.replace('settings', 'more'),
    };
    expect(await build(files)).toHaveLength(3);
    const twice = { 'app/all.yaml': `${other}---\n${text('yaml-secret-wholly-encrypted')}` };
    expect(await failure(build(twice))).toMatch(/database.*twice|Secret.*database/i);
  });

  test('what is marked as not to be decrypted stays', async () => {
    const secret = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\n  annotations: {kustomize.toolkit.fluxcd.io/decrypt: Disabled}\ndata: {a: b}\nsops: {mac: "ENC[x]"}\n`;
    expect(await build({ 'app/secret.yaml': secret })).toEqual([expect.objectContaining({ sops: { mac: 'ENC[x]' } })]);
  });

  test('files in the data of a Secret are decrypted, in the format of their key', async () => {
    const entry = (name: string) => bytes(name).toString('base64');
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'files' },
      data: {
        'a.env': entry('dotenv'),
        'b.ini': entry('ini'),
        'c.yaml': entry('pgp-rsa'),
        'd.json': entry('json'),
        blob: entry('binary'),
        plain: 'cGxhaW4=',
      },
    };
    const [built] = await build({ 'app/secret.yaml': JSON.stringify(secret) });
    const plain = (name: string) => readFixture(name).plain.toString('base64');
    expect(built?.['data']).toEqual({
      'a.env': plain('dotenv'),
      'b.ini': plain('ini'),
      'c.yaml': plain('pgp-rsa'),
      'd.json': plain('json'),
      blob: plain('binary'),
      plain: 'cGxhaW4=',
    });
  });

  test.for<{ because: string; files: Record<string, string | Buffer>; keys?: Record<string, string>; says: RegExp }>([
    {
      because: 'a changed value',
      files: { 'app/secret.yaml': text('yaml-secret').replace('type: Opaque', 'type: Other') },
      says: /^BuildFailed DECRYPTION_FAILED: decryption failed for 'Secret\.v1\.\[noGrp\]\/database': failed to decrypt and format 'default\/database' Secret data: app\/secret\.yaml: error decrypting sops tree: MAC mismatch/,
    },
    {
      because: 'another key',
      files: { 'app/secret.yaml': text('yaml-secret') },
      keys: fixtureKeys('rsa.asc'),
      says: /^BuildFailed DECRYPTION_FAILED: decryption failed for .*app\/secret\.yaml: cannot get sops data key: no key that is at hand opens it/,
    },
    {
      because: 'a file in a Secret that was changed',
      files: {
        'app/secret.yaml': JSON.stringify({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'x', namespace: 'y' },
          data: { 'a.env': Buffer.from(`${text('dotenv')}MORE=x\n`).toString('base64') },
        }),
      },
      says: /decryption failed for 'Secret\.v1\.\[noGrp\]\/x': failed to decrypt and format 'y\/x' Secret field 'a\.env': error decrypting sops tree: the value at "MORE"/,
    },
    {
      because: 'a copy that was changed beside one that was not',
      files: {
        'app/secret.yaml': text('yaml-secret').replace('type: Opaque', 'type: Other'),
        'app/a/ignored.json': text('yaml-secret'),
      },
      says: /MAC mismatch/,
    },
  ])('$because is refused, naming the file', async ({ files, keys = allFixtureKeys, says }) => {
    expect(await failure(build(files, { keys }))).toMatch(says);
  });

  test('a build without spec.decryption leaves everything as it is', async () => {
    const builder = createBuilder({ kustomize: plainKustomize, log: silentLog });
    const { objects } = await builder.build({
      artifact: artifactOf({ 'app/s.yaml': bytes('yaml-secret') }),
      path: './app',
      signal,
    });
    expect(objects[0]?.object['sops']).toBeDefined();
  });

  test('other keys are another build, the same ones are not', async () => {
    const builder = createBuilder({ kustomize: plainKustomize, log: silentLog });
    const artifact = artifactOf({ 'app/secret.yaml': bytes('yaml-secret') });
    const run = async (key: string) =>
      builder.build({ artifact, path: './app', decryption: { ...(await decryptionWith(allFixtureKeys)), key }, signal });
    expect(await run('a')).toBe(await run('a'));
    await run('b');
    expect(builder.built).toBe(2);
  });
});

describeWithParts(['kustomize'], 'a folder that kustomize builds', () => {
  const files = {
    'app/kustomization.yaml': `namespace: prod
namePrefix: blue-
resources: [../base, secret.yaml]
secretGenerator:
- name: generated
  files: [config.ini, blob=binary.bin, renamed.json=base.txt]
  envs: [variables.env]
configMapGenerator:
- name: left
  files: [other.ini]
patches:
- path: patch.yaml
  target: {kind: ConfigMap}
`,
    'base/kustomization.yml': 'resources: [settings.yaml]\n',
    'base/settings.yaml': configMap,
    'app/secret.yaml': bytes('yaml-secret'),
    'app/config.ini': bytes('ini'),
    'app/other.ini': bytes('ini'),
    'app/binary.bin': bytes('binary'),
    'app/base.txt': bytes('json'),
    'app/variables.env': 'PLAIN=x\n',
    'app/patch.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {patched: "yes"}\n',
  };

  test('generators read decrypted files, and objects are decrypted after it', async () => {
    const objects = await build(files, { kustomize: realKustomize });
    const named = (name: string) => objects.find(({ metadata }) => metadata.name.startsWith(name));
    expect(named('blue-database')).toMatchObject({ metadata: { namespace: 'prod' }, stringData: { password: 'correct horse' } });
    expect(named('blue-database')).not.toHaveProperty('sops');
    const data = Object.entries(named('blue-generated')?.['data'] ?? {}).map(([key, value]) => [
      key,
      Buffer.from(String(value), 'base64'),
    ]);
    expect(Object.fromEntries(data)).toEqual({
      'config.ini': readFixture('ini').plain,
      blob: readFixture('binary').plain,
      'renamed.json': readFixture('json').plain,
      PLAIN: Buffer.from('x'),
    });
  });

  test('files of a ConfigMap generator stay encrypted, as in Flux', async () => {
    const objects = await build(files, { kustomize: realKustomize });
    const left = objects.find(({ metadata }) => metadata.name.startsWith('blue-left'));
    expect(left?.['data']).toMatchObject({ 'other.ini': bytes('ini').toString('utf8') });
  });

  test('nothing is left in memory', () => {
    expect(readdirSync('/dev/shm').filter((name) => name.includes(`-${process.pid}-`))).toEqual([]);
  });

  test('a MAC that belongs to no file of the artifact cannot be checked, and is refused', async () => {
    const encrypted = text('yaml-secret');
    const inline = {
      'app/kustomization.yaml': JSON.stringify({
        resources: ['settings.yaml'],
        patches: [{ target: { kind: 'ConfigMap' }, patch: `- {op: add, path: /sops, value: {mac: "ENC[AES256_GCM,data:x]"}}` }],
      }),
      'app/settings.yaml': configMap,
      'app/other.yaml': encrypted,
    };
    expect(await failure(build(inline, { kustomize: realKustomize }))).toMatch(
      /its MAC cannot be checked, because it comes from no manifest/,
    );
  });

  test('what kustomize says of a decrypted file does not tell it', async () => {
    const broken = {
      'app/kustomization.yaml': 'resources: [settings.yaml]\npatches: [{path: patch.yaml}]\n',
      'app/settings.yaml': configMap,
      'app/patch.yaml': bytes('yaml-with-every-type'),
    };
    const message = await failure(build(broken, { kustomize: realKustomize }));
    expect(message).toMatch(/^BuildFailed KUSTOMIZE_FAILED: kustomize build failed: /);
    expect(message).not.toMatch(/hello|with: colon|word word|leading|a comment inside/);
  });
});
