import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { customResourceDefinitions } from '../../src/api/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import { type ControlPlane, startControlPlane } from '../../src/control-plane/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../../src/core/index.ts';
import { createPoliciesSync, watchFolder } from '../../src/policies/index.ts';
import { createFileStore } from '../../src/state/index.ts';

const parts = { clock: systemClock, log: silentLog };
const policyKind = { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImagePolicy' };
let controlPlane: ControlPlane;
let cluster: Cluster;
let root: string;
let round = 0;

beforeAll(async () => {
  controlPlane = await startControlPlane({ customResourceDefinitions: customResourceDefinitions(), ...parts });
  cluster = await createCluster({ kubeconfig: { yaml: controlPlane.kubeconfigYaml }, userAgent: 'test', ...parts });
});
afterAll(async () => {
  await cluster.close();
  await controlPlane.stop();
});
beforeEach(async () => {
  round += 1;
  root = await mkdtemp(join(tmpdir(), 'tagalong-policies-'));
  await mkdir(join(root, 'policies'));
  return () => rm(root, { recursive: true, force: true });
});

/** A sync as a process that has just started makes it: it remembers only what the state folder holds. */
const sync = () =>
  createPoliciesSync({
    folder: join(root, 'policies'),
    cluster,
    store: createFileStore(join(root, 'state')),
    log: silentLog,
  }).sync();
const nameOf = (name: string) => `${name}-${round}`;
const find = (name: string, namespace = 'default') => cluster.get({ ...policyKind, namespace, name: nameOf(name) });

async function write(file: string, text: string): Promise<void> {
  const path = join(root, 'policies', file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

function policy(name: string, range = '1.x', namespace?: string): string {
  const where = namespace === undefined ? '' : `, namespace: ${namespace}`;
  return `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: ${nameOf(name)}${where} }
spec:
  imageRepositoryRef: { name: web }
  policy: { semver: { range: '${range}' } }
`;
}

test('objects of every file arrive, in namespace default where they name none, with the defaults of their kind', async () => {
  await write('a.yaml', policy('a'));
  await write('below/b.yml', `${policy('b')}---\n# nothing\n---\n${policy('c')}`);
  await write('notes.txt', 'not: [yaml');
  const { applied, problems } = await sync();
  expect(problems).toEqual([]);
  expect(applied).toHaveLength(3);
  expect((await find('c')) as KubeObject).toMatchObject({ spec: { digestReflectionPolicy: 'Never' } });
});

test('a namespace comes before what lives in it, whatever the order of the files', async () => {
  const namespace = nameOf('shop');
  await write('a.yaml', policy('a', '1.x', namespace));
  await write('z.yaml', `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${namespace} }\n`);
  expect((await sync()).problems).toEqual([]);
  expect(await find('a', namespace)).not.toBeNull();
});

test('what others name comes before them, whatever the order of the files', async () => {
  const repository = { apiVersion: 'image.toolkit.fluxcd.io/v1', kind: 'ImageRepository', metadata: { name: nameOf('repo') } };
  const spec = { image: 'example.com/web', interval: '1h', secretRef: { name: nameOf('login') } };
  await write('a.yaml', policy('a'));
  await write('b.json.yaml', JSON.stringify({ ...repository, spec }));
  await write('z.yaml', `apiVersion: v1\nkind: Secret\nmetadata: { name: ${nameOf('login')} }\n`);
  const { applied } = await sync();
  expect(applied.map((one) => one.split('/')[0])).toEqual(['Secret', 'ImageRepository', 'ImagePolicy']);
});

test('a second sync of the same folder asks the API for nothing', async () => {
  await write('a.yaml', policy('a'));
  const twice = createPoliciesSync({
    folder: join(root, 'policies'),
    cluster,
    store: createFileStore(join(root, 'state')),
    log: silentLog,
  });
  await twice.sync();
  const served = [...controlPlane.requests].length;
  expect(await twice.sync()).toEqual({ applied: [], removed: [], problems: [] });
  expect([...controlPlane.requests].length).toBe(served);
});

test('a file that is removed takes its object along, also when that happened while nobody ran', async () => {
  await write('a.yaml', policy('a'));
  await write('b.yaml', policy('b'));
  await sync();
  await rm(join(root, 'policies/a.yaml'));
  expect((await sync()).removed).toEqual([`ImagePolicy/default/${nameOf('a')}`]);
  expect(await find('a')).toBeNull();
  expect(await find('b')).not.toBeNull();
});

test('a folder that is empty all of a sudden removes nothing, and says so, until it is filled again', async () => {
  await write('a.yaml', policy('a'));
  await sync();
  await rm(join(root, 'policies/a.yaml'));
  for (const _ of ['at once', 'after a restart']) {
    const { removed, problems } = await sync();
    expect([removed, problems.map(({ message }) => message)]).toEqual([[], [expect.stringContaining('nothing is removed')]]);
  }
  await write('b.yaml', policy('b'));
  expect((await sync()).removed).toEqual([`ImagePolicy/default/${nameOf('a')}`]);
});

test('what is deleted by hand while the folder is empty is forgotten: a complaint ends, and a document that is put back counts', async () => {
  await write('a.yaml', policy('byhand'));
  const store = createFileStore(join(root, 'state'));
  const running = createPoliciesSync({ folder: join(root, 'policies'), cluster, store, log: silentLog });
  await running.sync();
  await rm(join(root, 'policies/a.yaml'));
  expect((await running.sync()).problems).toMatchObject([{ message: expect.stringContaining('nothing is removed') }]);
  await cluster.delete({ ...policyKind, namespace: 'default', name: nameOf('byhand') });
  expect(await running.sync()).toEqual({ applied: [], removed: [], problems: [] });
  expect((await store.read('policies/inventory.json'))?.toString()).toBe('[]');
  await write('a.yaml', policy('byhand'));
  await running.sync();
  expect(await find('byhand')).not.toBeNull();
});

test('what others name is deleted after them', async () => {
  const namespace = nameOf('ending');
  await write(
    'a.yaml',
    `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${namespace} }\n---\n${policy('a', '1.x', namespace)}`,
  );
  await write('b.yaml', policy('b'));
  await sync();
  await rm(join(root, 'policies/a.yaml'));
  expect((await sync()).removed).toEqual([`ImagePolicy/${namespace}/${nameOf('a')}`, `Namespace/${namespace}`]);
});

test('a document that moves to another file stays the same object', async () => {
  await write('a.yaml', policy('a'));
  await sync();
  const before = await find('a');
  await rm(join(root, 'policies/a.yaml'));
  await write('moved.yaml', policy('a'));
  expect((await sync()).removed).toEqual([]);
  expect((await find('a'))?.metadata.uid).toBe(before?.metadata.uid);
});

test('a broken file is told with file and line; the others are applied, and what it held stays', async () => {
  await write('a.yaml', policy('a'));
  await write('b.yaml', policy('b'));
  await sync();
  await write('a.yaml', `${policy('a')}  bad: [1,\n`);
  await write('b.yaml', policy('b', '2.x'));
  const { problems } = await sync();
  expect(problems[0]).toMatchObject({ file: 'a.yaml', line: expect.any(Number) });
  expect(await find('a')).not.toBeNull();
  expect(await find('b')).toMatchObject({ spec: { policy: { semver: { range: '2.x' } } } });
});

test('a broken file does not keep what other files no longer hold', async () => {
  await write('a.yaml', policy('a'));
  await write('b.yaml', policy('b'));
  await sync();
  await write('a.yaml', `${policy('a')}  bad: [1,\n`);
  await rm(join(root, 'policies/b.yaml'));
  await sync();
  expect(await find('a')).not.toBeNull();
  expect(await find('b')).toBeNull();
});

test('an object that moved into a file that is broken stays until the file is mended', async () => {
  await write('a.yaml', policy('a'));
  await sync();
  await rm(join(root, 'policies/a.yaml'));
  await write('b.yaml', `${policy('a')}  bad: [1,\n`);
  await sync();
  expect(await find('a')).not.toBeNull();
  await write('b.yaml', policy('b'));
  await sync();
  expect(await find('a')).toBeNull();
});

test.for([
  { because: 'a field that is not there', text: () => policy('a').replace('policy:', 'policies:'), line: 4, says: /polic/ },
  { because: 'a value of the wrong kind', text: () => `---\n${policy('a')}`.replace("'1.x'", '[]'), line: 7, says: /range/ },
  { because: 'no name', text: () => 'apiVersion: v1\nkind: Secret\n', line: 1, says: /metadata\.name/ },
  { because: 'no mapping', text: () => '- a\n- b\n', line: 1, says: /apiVersion/ },
])('$because is told with file and line, and nothing of it is applied', async ({ text, line, says }) => {
  await write('bad.yaml', text());
  const { applied, problems } = await sync();
  expect(applied).toEqual([]);
  expect(problems[0]).toMatchObject({ file: 'bad.yaml', line, message: expect.stringMatching(says) });
});

test('of an object that stands twice the first one counts, and the second is told', async () => {
  await write('a.yaml', policy('a'));
  await write('b.yaml', policy('a', '2.x'));
  const { problems } = await sync();
  expect(problems).toEqual([{ file: 'b.yaml', line: 1, message: expect.stringContaining('a.yaml:1') }]);
  expect(await find('a')).toMatchObject({ spec: { policy: { semver: { range: '1.x' } } } });
});

test('an object that the API refuses is told with its file, and is tried again', async () => {
  await write('a.yaml', policy('a', '1.x', nameOf('nowhere')));
  await write('b.yaml', policy('b'));
  const { problems } = await sync();
  expect(problems).toMatchObject([{ file: 'a.yaml', line: 1 }]);
  expect(await find('b')).not.toBeNull();
  await write('n.yaml', `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${nameOf('nowhere')} }\n`);
  expect((await sync()).problems).toEqual([]);
});

test('a folder that cannot be read is an error, and removes nothing', async () => {
  await write('a.yaml', policy('a'));
  await sync();
  await rm(join(root, 'policies'), { recursive: true });
  await expect(sync()).rejects.toMatchObject({ code: 'UNREADABLE_FOLDER' });
  expect(await find('a')).not.toBeNull();
});

test('a change below the folder is noticed, several at once as one', async () => {
  await mkdir(join(root, 'policies/below'));
  const stopping = new AbortController();
  const noticed = Promise.withResolvers<void>();
  const watching = watchFolder(join(root, 'policies'), systemClock, noticed.resolve, stopping.signal);
  const touching = setInterval(() => void write('below/a.yaml', policy('a')), 300);
  await noticed.promise;
  clearInterval(touching);
  stopping.abort();
  await watching;
});
