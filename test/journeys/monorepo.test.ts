import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { KubeObject } from '../../src/core/index.ts';
import { findPlaintextSecrets } from '../../src/sops/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { requirePart } from '../real/index.ts';
import { gitRepository } from './support/resources.ts';
import { conditionOf, type Loop, startLoop } from './support/start-loop.ts';

const example = join(import.meta.dirname, '../../examples/monorepo');
const namespace = 'flux-system';
const pathBefore = process.env['PATH'];

function readExample(): Record<string, string> {
  const files = readdirSync(example, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [
      relative(example, join(parentPath, name)),
      readFileSync(join(parentPath, name), 'utf8'),
    ]),
  );
}

function keySecret(cluster: string): KubeObject {
  const key = readFileSync(join(import.meta.dirname, 'fixtures/monorepo-keys', `${cluster}.agekey`), 'utf8');
  const metadata = { name: 'sops-age', namespace, labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } };
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { 'age.agekey': key } };
}

/** One of the example's clusters, told to apply what its folder has. */
async function startCluster(cluster: string, key = cluster): Promise<Loop> {
  const loop = await startLoop({
    files: readExample,
    source: null,
    repository: null,
    policy: null,
    automation: null,
    asleep: true,
  });
  const source = gitRepository(loop.gitHost.url('fleet'));
  await loop.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await loop.apply({ ...source, metadata: { ...source.metadata, namespace } }, keySecret(key));
  const files = readExample();
  for (const file of ['infrastructure.yaml', 'apps.yaml'])
    await loop.apply(parse(files[`clusters/${cluster}/${file}`] ?? '') as KubeObject);
  await loop.startApp();
  return loop;
}

const kustomizationRef = (name: string) => ({
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Kustomization',
  namespace,
  name,
});

async function readyOf(loop: Loop, name: string, reason: string) {
  return loop.until(`${name} to be ${reason}`, async () => {
    const object = await loop.cluster.get(kustomizationRef(name));
    const condition = object === null ? undefined : conditionOf(object, 'Ready');
    return condition?.reason === reason && condition;
  });
}

async function secretsOf(loop: Loop): Promise<Record<string, Record<string, string>>> {
  const { items } = await loop.cluster.list({ group: '', version: 'v1', kind: 'Secret' }, { namespace: 'shop' });
  const decode = (data: object) =>
    Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
  return Object.fromEntries(
    items.map(({ metadata, data }) => [metadata.name.replace(/-[a-z0-9]{10}$/, ''), decode(data as object)]),
  );
}

describeWithParts(['kustomize'], 'examples/monorepo', () => {
  beforeAll(() => {
    process.env['PATH'] = `${dirname(requirePart('kustomize'))}:${pathBefore}`;
  });
  afterAll(() => {
    process.env['PATH'] = pathBefore;
  });

  test.for([
    { cluster: 'staging', replicas: 1 },
    { cluster: 'production', replicas: 3 },
  ])('$cluster gets its overlay, and its own secrets decrypted', async ({ cluster, replicas }) => {
    await using loop = await startCluster(cluster);
    await readyOf(loop, 'apps', 'ReconciliationSucceeded');
    const shop = await loop.cluster.get({ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'shop' });
    expect(shop?.['spec']).toMatchObject({ replicas });
    expect(await secretsOf(loop)).toEqual({
      database: { DATABASE_URL: `postgres://shop:password-of-${cluster}@database/shop` },
      settings: { SESSION_KEY: `session-key-of-${cluster}` },
    });
  });

  test('with the key of the other cluster nothing is applied, and the right key mends it at once', async () => {
    await using loop = await startCluster('production', 'staging');
    const { message } = await readyOf(loop, 'apps', 'BuildFailed');
    expect(message).toMatch(
      /apps\/production\/settings\.env: cannot get sops data key: no key that is at hand opens it \(age age1\w+: no identity matched/,
    );
    expect(await secretsOf(loop)).toEqual({});
    await loop.apply(keySecret('production'));
    await readyOf(loop, 'apps', 'ReconciliationSucceeded');
    expect(Object.keys(await secretsOf(loop)).toSorted()).toEqual(['database', 'settings']);
  });

  test('nothing of it stands in plain text', () => {
    expect(findPlaintextSecrets(Object.entries(readExample()).map(([path, text]) => ({ path, text })))).toEqual([]);
  });
});
