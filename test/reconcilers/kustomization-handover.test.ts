import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  configMapRef,
  type Files,
  type Home,
  idsOf,
  kustomization,
  kustomizationRef,
  type Process,
  startHome,
  startProcess,
  statusOf,
  waitReady,
} from './kustomization-fixture.ts';

let home: Home;
let running: Process;
beforeEach(async () => {
  home = await startHome();
  running = await startProcess(home);
});
afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const objects = ['a', 'b', 'c', 'd'];
const uids = () => Promise.all(objects.map(async (name) => (await home.get(configMapRef(name)))?.metadata.uid));
const filesIn = (folders: Readonly<Record<string, readonly string[]>>): Files =>
  Object.fromEntries(
    Object.entries(folders).flatMap(([folder, names]) => names.map((name) => [`${folder}/${name}.yaml`, configMap(name)])),
  );
/** A Kustomization that is itself an object of the root's folder, as in a repository of Flux. */
const inGit = (name: string, path = name) => {
  const { metadata, ...rest } = kustomization(name, { path: `./${path}` });
  return JSON.stringify({ ...rest, metadata: { ...metadata, labels: {} } } as KubeObject);
};
const rootOf = (...children: readonly (readonly [name: string, path?: string])[]): Files =>
  Object.fromEntries(children.map(([name, path]) => [`root/${name}.yaml`, inGit(name, path)]));

test.for([
  {
    because: 'one that is renamed, path and all',
    before: { ...rootOf(['apps']), ...filesIn({ apps: objects }) },
    after: { ...rootOf(['shop']), ...filesIn({ shop: objects }) },
    owners: { shop: objects },
  },
  {
    because: 'one that is renamed and keeps its path',
    before: { ...rootOf(['apps']), ...filesIn({ apps: objects }) },
    after: { ...rootOf(['shop', 'apps']), ...filesIn({ apps: objects }) },
    owners: { shop: objects },
  },
  {
    because: 'one whose path moves',
    before: { ...rootOf(['apps']), ...filesIn({ apps: objects }) },
    after: { ...rootOf(['apps', 'moved/apps']), ...filesIn({ 'moved/apps': objects }) },
    owners: { apps: objects },
  },
  {
    because: 'one that is split in two',
    before: { ...rootOf(['apps']), ...filesIn({ apps: objects }) },
    after: { ...rootOf(['apps'], ['shop']), ...filesIn({ apps: ['a', 'b'], shop: ['c', 'd'] }) },
    owners: { apps: ['a', 'b'], shop: ['c', 'd'] },
  },
  {
    because: 'two that are merged',
    before: { ...rootOf(['apps'], ['shop']), ...filesIn({ apps: ['a', 'b'], shop: ['c', 'd'] }) },
    after: { ...rootOf(['apps']), ...filesIn({ apps: objects }) },
    owners: { apps: objects },
  },
])('$because keeps its objects: none is deleted and made anew', async ({ before, after, owners }) => {
  const keep = { 'root/keep.yaml': configMap('keep') };
  await home.create(kustomization('root'));
  await waitReady(home, 'root', await home.commit({ ...before, ...keep }));
  await waitUntil('all objects', async () => (await uids()).every((uid) => uid !== undefined), { timeoutMs: 10_000 });
  const made = await uids();
  const revision = await home.commit({ ...after, ...keep });
  for (const [name, names] of Object.entries(owners)) {
    await waitUntil(`${name} at the revision`, async () => (await home.get(kustomizationRef(name))) !== null, {
      timeoutMs: 10_000,
    });
    await waitReady(home, name, revision);
    expect(idsOf(await statusOf(home, name))).toEqual(names.map((one: string) => `default_${one}__ConfigMap`));
  }
  for (const gone of ['apps', 'shop'].filter((name) => !(name in owners)))
    await waitUntil(`${gone} to go`, async () => (await home.get(kustomizationRef(gone))) === null, { timeoutMs: 10_000 });
  expect(await uids()).toEqual(made);
  for (const [name, names] of Object.entries(owners))
    for (const one of names)
      expect((await home.get(configMapRef(one)))?.metadata.labels?.['kustomize.toolkit.fluxcd.io/name']).toBe(name);
});
