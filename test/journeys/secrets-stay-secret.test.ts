import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/app/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import type { KubeObject, Log } from '../../src/core/index.ts';
import { systemClock } from '../../src/core/index.ts';
import { allFixtureKeys, readFixture, secretOf } from '../decrypt/test-keys.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { kustomizeCommand } from '../real/index.ts';
import { gitRepository } from './support/resources.ts';
import { conditionOf, type Loop, startLoop, writeFiles } from './support/start-loop.ts';

const fixture = (name: string) => readFixture(name).encrypted.toString('utf8');
/** What stands encrypted in the repository, and the forms in which it could slip out. */
const canaries = [
  'correct horse',
  'Y29ycmVjdCBob3JzZQ==',
  'battery staple',
  'YmF0dGVyeSBzdGFwbGU',
  'a#b;c',
  'AAEgbm90IGEgdGV4',
  'not a text',
];
const privateKeys = Object.values(allFixtureKeys).map((text) => text.split('\n').find((line) => line.length > 40) ?? '');

const files = {
  'app/kustomization.yaml':
    'resources: [secret.yaml, quoted.yaml]\nsecretGenerator:\n- name: files\n  files: [config.ini, blob=file.bin]\n',
  'app/secret.yaml': fixture('yaml-secret'),
  'app/quoted.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: quoted}\ndata: {a: b}\n',
  'app/config.ini': fixture('ini'),
  'app/file.bin': fixture('binary'),
};

const kustomization = (spec: object = {}): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'app', namespace: 'default' },
  spec: {
    interval: '1h',
    retryInterval: '1h',
    path: './app',
    prune: true,
    targetNamespace: 'default',
    sourceRef: { kind: 'GitRepository', name: 'fleet' },
    decryption: { provider: 'sops', secretRef: { name: 'keys' } },
    ...spec,
  },
});

/** Everything that is logged, at every level. */
function recordLog(lines: string[]): Log {
  const write = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
  return log;
}

/** A kustomize that notes its arguments, its environment and the plain files that it is given, and then does its work. */
function writeSpy(folder: string, notes: string): void {
  const [program] = kustomizeCommand();
  const spy = join(folder, basename(program));
  const script = `#!/bin/sh
{ echo "arguments: $*"; /usr/bin/env; /usr/bin/find .. "$TMPDIR" -type f -exec /bin/cat {} + ; /usr/bin/find .. -type l -exec /bin/readlink {} + ; } >> '${notes}' 2>/dev/null
exec '${program}' "$@"
`;
  writeFileSync(spy, script);
  chmodSync(spy, 0o755);
}

/** All that stands in files below a folder. */
function textBelow(folder: string): string {
  const found = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  return found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    .join('\n');
}

describeWithParts(['kustomize'], 'what was encrypted comes to the cluster and nowhere else', () => {
  const lines: string[] = [];
  const pathBefore = process.env['PATH'];
  let loop: Loop;
  let notes = '';
  let stop: () => Promise<void> = async () => undefined;

  beforeAll(async () => {
    loop = await startLoop({ files: () => files, source: null, repository: null, policy: null, automation: null, asleep: true });
    notes = join(loop.folder, 'notes.txt');
    const bin = join(loop.folder, 'bin');
    await mkdir(bin);
    writeSpy(bin, notes);
    process.env['PATH'] = `${bin}:${pathBefore}`;
    await loop.apply(gitRepository(loop.gitHost.url('fleet')));
    await loop.apply({ apiVersion: 'v1', kind: 'Secret', ...secretOf(allFixtureKeys) } as unknown as KubeObject, kustomization());
    const log = recordLog(lines);
    const home = await createCluster({
      kubeconfig: { yaml: loop.controlPlane.kubeconfigYaml },
      userAgent: 'tagalong',
      clock: systemClock,
      log,
    });
    const app = await createApp({
      home,
      target: home,
      stateFolder: loop.stateFolder,
      clock: systemClock,
      log,
      artifacts: { host: '127.0.0.1', port: 0 },
    });
    await app.start();
    stop = async () => {
      await app.stop();
      await home.close();
    };
  });
  afterAll(async () => {
    process.env['PATH'] = pathBefore;
    await stop();
    await loop?.[Symbol.asyncDispose]();
  });

  const ready = (reason: string) =>
    loop.until(`the Kustomization to be ${reason}`, async () => {
      const condition = conditionOf(await loop.get('Kustomization', 'app'), 'Ready');
      return condition?.reason === reason && condition;
    });

  /** Everything that others could read, without the Secrets themselves. */
  const told = async () => {
    const { items: events } = await loop.cluster.list({ group: '', version: 'v1', kind: 'Event' });
    const objects = [await loop.get('Kustomization', 'app'), await loop.get('GitRepository', 'fleet')];
    return [...lines, JSON.stringify(events), JSON.stringify(objects)].join('\n');
  };

  const expectSilence = async () => {
    const places = { told: await told(), child: readFileSync(notes, 'utf8'), state: textBelow(loop.stateFolder) };
    for (const [place, text] of Object.entries(places))
      for (const canary of [...canaries, ...privateKeys])
        expect(text.includes(canary), `${place} tells ${canary.slice(0, 6)}…`).toBe(false);
  };

  const dataOf = async (name: string) => {
    const { items } = await loop.cluster.list({ group: '', version: 'v1', kind: 'Secret' }, { namespace: 'default' });
    return items.find(({ metadata }) => metadata.name.startsWith(name))?.['data'] as Record<string, string> | undefined;
  };

  test('the Secrets are in the cluster, and no log, event, status, argument, variable or file on a disk has them', async () => {
    await ready('ReconciliationSucceeded');
    expect(Buffer.from((await dataOf('database'))?.['password'] ?? '', 'base64').toString()).toBe('correct horse');
    expect(Buffer.from((await dataOf('files'))?.['config.ini'] ?? '', 'base64')).toEqual(readFixture('ini').plain);
    // The test sees what it looks for: kustomize was given its files, and those that are decrypted are links into memory.
    expect(readFileSync(notes, 'utf8')).toMatch(/arguments: .*load-restrictor[\s\S]*kind: ConfigMap[\s\S]*\/tagalong-decrypted-/);
    expect(lines.some((line) => line.startsWith('running kustomize'))).toBe(true);
    await expectSilence();
  });

  test('nothing is left in memory, and nothing among the temporary files', () => {
    const left = (folder: string) =>
      (existsSync(folder) ? readdirSync(folder) : []).filter((name) => name.includes(`-${process.pid}-`));
    expect(left('/dev/shm').filter((name) => name.startsWith('tagalong-decrypted'))).toEqual([]);
    expect(left(tmpdir()).filter((name) => name.startsWith('tagalong-decrypted'))).toEqual([]);
  });

  test('an error that quotes a decrypted value is told without it', async () => {
    const encrypted = files['app/secret.yaml'];
    await writeFiles(loop.person.folder, { 'app/quoted.yaml': files['app/quoted.yaml'].replace('a: b', 'a: "$' + '{NOT_SET}"') });
    await loop.person.commitAndPush('A variable that is not set');
    await loop.apply(kustomization({ postBuild: { substitute: { OTHER: 'x' } } }));
    await loop.request('GitRepository', 'fleet');
    expect((await ready('BuildFailed')).message).toMatch(/post build failed/);
    await writeFiles(loop.person.folder, {
      'app/quoted.yaml': files['app/quoted.yaml'],
      'app/secret.yaml': encrypted.replace('type: Opaque', 'type: changed'),
    });
    await loop.person.commitAndPush('A change without sops');
    await loop.apply(kustomization());
    await loop.request('GitRepository', 'fleet');
    await loop.until('the MAC to be refused', async () => /MAC mismatch/.test((await ready('BuildFailed')).message));
    await expectSilence();
  });
});
