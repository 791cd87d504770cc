import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ObservedObject } from '../../src/cli/observe/observation-book.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { waitUntil } from '../real/index.ts';
import { applyMailbox } from './support/flux-installation.ts';
import { type Facts, factsOfApplied, factsOfFlux, historyOf, inventoryOf, settled } from './support/kept-facts.ts';
import {
  commitOf,
  deploymentRef,
  kustomizationKind,
  type MigrationWorld,
  startMigrationWorld,
} from './support/migration-world.ts';

const slow = { timeoutMs: 90_000 };
const controllers = {
  image: ['image-reflector-controller', 'image-automation-controller'],
  delivery: ['source-controller', 'kustomize-controller'],
} as const;
let world: MigrationWorld;

/** Pushes the commits that a command printed, one by one, each once the one before is applied. */
async function follow(mailbox: string, between: (step: number) => Promise<void> = async () => {}): Promise<void> {
  await world.person.pull();
  for (const [index, commit] of (await applyMailbox(world.person.folder, mailbox)).entries()) {
    await world.person.git('push', '--quiet', 'origin', `${commit}:main`);
    await between(index + 1);
    await world.untilApplied('flux-system');
  }
}

/** `migrate plan` asks no cluster. */
async function plan(parts: string): Promise<string> {
  const { code, stdout, stderr } = await world.tagalong(null, 'migrate', 'plan', '--parts', parts, '--path', world.person.folder);
  expect({ code, said: code === 0 ? '' : stderr }).toEqual({ code: 0, said: '' });
  return stdout;
}

const back = (...args: string[]) => world.tagalong('tagalong', 'migrate', 'back', ...args, '--path', world.person.folder);

async function check(parts: string): Promise<string> {
  const { code, stderr } = await world.tagalong('tagalong', 'migrate', 'check', '--parts', parts);
  expect({ code, said: code === 0 ? '' : stderr }).toEqual({ code: 0, said: '' });
  return stderr;
}

/** What a person looks at before the next step: the pod runs these parts, and every Lease is with who should have it. */
async function untilServed(parts: string | null): Promise<void> {
  await waitUntil(`tagalong to run ${parts}`, () => world.bot.parts() === parts, slow);
  if (parts !== null) await waitUntil('it to hold its Leases', async () => !(await world.bot.readyz()).includes('passive'), slow);
}

/** Pushes a tag; it is in git by one commit, of whoever does the image part, and runs. */
async function bumpBy(who: 'Flux' | 'tagalong', tag: string): Promise<void> {
  const before = await world.person.remoteHead();
  await world.bump(tag);
  const commits = (await world.person.git('log', '--format=%H', `${before}..HEAD`)).split('\n').filter((line) => line !== '');
  expect(commits).toHaveLength(1);
  const text = await commitOf(world.person, 'HEAD');
  expect(text).toMatch(/^Bot /);
  expect(text.includes('Tagalong-Automation: ')).toBe(who === 'tagalong');
}

/** Everything that deleted something but pods and what belongs to them, since so many requests. */
async function deletionsSince(seen: number): Promise<string[]> {
  const requests = (await world.api.auditedRequests()).slice(seen);
  const deleting = requests.filter(({ verb, uri }) => verb.startsWith('delete') && !uri.includes('dryRun='));
  return deleting
    .map(({ uri }) => uri.split('?')[0] ?? '')
    .filter((uri) => !/\/(pods|endpointslices|endpoints|events)\b/.test(uri));
}

/** A bump changes the Deployment and nothing else; the Deployment stays the same one, with the same owners. */
function expectOnlyRollout(after: Facts, before: Facts): void {
  const rest = (facts: Facts) =>
    Object.fromEntries(Object.entries(facts).filter(([name]) => !/^(Deployment|ReplicaSet) /.test(name)));
  expect(rest(after)).toEqual(rest(before));
  const kept = (facts: Facts) => {
    const { uid, owners } = facts['Deployment web'] as { uid: string; owners: string[][] };
    return { uid, owners: owners.map(([manager, operation, subresource]) => [manager, operation, subresource]) };
  };
  expect(kept(after)).toEqual(kept(before));
  expect(Object.keys(after)).toEqual(expect.arrayContaining(Object.keys(before)));
}

describeWithParts(
  ['kube-apiserver', 'etcd', 'kubectl', 'kustomize', 'git-http-backend', 'flux-controllers'],
  'from Flux to tagalong and back, beside the real controllers',
  () => {
    let history: string[];
    let inventory: string[];

    beforeAll(async () => {
      world = await startMigrationWorld();
      await world.untilApplied('flux-system');
      await bumpBy('Flux', '1.1.0');
      history = await historyOf(world, 'apps');
      inventory = await inventoryOf(world, 'apps');
    }, 240_000);
    afterAll(() => world?.[Symbol.asyncDispose]());

    /** What Flux did stays told, and what it applied stays known. */
    async function expectGoesOn(): Promise<void> {
      const now = await historyOf(world, 'apps');
      expect(now).toEqual(expect.arrayContaining(history.slice(0, 4)));
      expect(now.length).toBeGreaterThanOrEqual(Math.min(history.length, 5));
      history = now;
      expect(await inventoryOf(world, 'apps')).toEqual(inventory);
    }

    test('1: run --observe finds no difference, and nobody hears of it: no write to the API, git or the registry', async () => {
      const before = await settled(world);
      const [gitSeen, registrySeen] = [world.git.requests.length, world.registry.requests.length];
      const args = ['run', '--observe', '--once', '-o', 'json', '--state-dir', `${world.folder}/observer-state`];
      const { code, stdout, stderr } = await world.tagalong('observer', ...args);
      const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
      const found: string[] = report.objects.flatMap(({ kind, name, differences }: ObservedObject) =>
        differences.map((one) => `${kind} ${name} ${one.kind}`),
      );
      expect({ found, errors: found.length === 0 ? '' : `${stdout}${stderr}` }).toEqual({ found: [], errors: '' });
      expect(code).toBe(0);
      expect(report.summary).toMatchObject({ objects: 6, aside: 0, waiting: 0 });
      expect(report.final).toBe(true);

      const requests = (await world.api.auditedRequests()).filter(({ user }) => user === 'observer');
      const writes = requests.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb));
      expect(writes.filter(({ verb, uri }) => verb !== 'patch' || !uri.includes('dryRun=All'))).toEqual([]);
      expect(writes.length).toBeGreaterThan(0);
      expect(requests.filter(({ uri }) => uri.includes('/leases'))).toEqual([]);
      expect(world.git.requests.slice(gitSeen).filter(({ path }) => path.includes('git-receive-pack'))).toEqual([]);
      expect(world.registry.requests.slice(registrySeen).filter(({ method }) => !['GET', 'HEAD'].includes(method))).toEqual([]);
      expect(await factsOfApplied(world)).toEqual(before);
    }, 120_000);

    test('2: migrate check proves it, to the byte of each build', async () => {
      expect(await check('image')).toContain('image-automation-controller-leader-election: held by flux_');
      await check('all');
    }, 120_000);

    test('3: the image part is handed over by three commits, and nothing but the next bump touches the application', async () => {
      const [before, ofFlux, seen] = [await settled(world), await factsOfFlux(world), (await world.api.auditedRequests()).length];
      await follow(await plan('image'), async (step) => {
        if (step !== 2) return;
        await waitUntil(
          'it to wait',
          async () => (await world.bot.readyz()).includes('image-automation-controller-leader-election is not held: flux_'),
          slow,
        );
        expect(await check('image')).toContain('tagalong: 1 of 1 ready');
      });
      await untilServed('image');
      expect(controllers.image.filter(world.flux.isRunning)).toEqual([]);
      expect(controllers.delivery.filter(world.flux.isRunning)).toEqual(controllers.delivery);
      expect(await settled(world)).toEqual(before);
      await bumpBy('tagalong', '1.2.0');
      expectOnlyRollout(await settled(world), before);
      expect(await factsOfFlux(world)).toEqual(ofFlux);
      await expectGoesOn();
      expect(await deletionsSince(seen)).toEqual([]);
    }, 240_000);

    test('4: sources and Kustomizations follow: not one object is written when their owner changes', async () => {
      const [before, ofFlux, seen] = [await settled(world), await factsOfFlux(world), (await world.api.auditedRequests()).length];
      await check('all');
      await follow(await plan('all'));
      await untilServed('image,source,kustomize');
      await world.untilApplied('apps');
      expect([...controllers.image, ...controllers.delivery].filter(world.flux.isRunning)).toEqual([]);
      expect(await settled(world)).toEqual(before);
      await expectGoesOn();
      await bumpBy('tagalong', '1.3.0');
      expectOnlyRollout(await settled(world), before);
      expect(await factsOfFlux(world)).toEqual(ofFlux);
      await expectGoesOn();
      expect(await deletionsSince(seen)).toEqual([]);
    }, 240_000);

    test('5: migrate back refuses while Flux would bump again what a person took back', async () => {
      await world.person.pull();
      await world.person.revertAndPush('HEAD');
      await world.untilRunning('1.2.0');
      const isHeld = async () => (await world.tagalong('tagalong', 'get', 'holds', '-A')).stdout.includes('1.3.0');
      await waitUntil('the hold', isHeld, { everyMs: 1000, ...slow });
      const { code, stdout, stderr } = await back();
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('Flux would write what was taken back');
      expect((await back('--suspend')).stdout).toContain('+  suspend: true');
      await bumpBy('tagalong', '1.4.0'); // a newer version lifts the hold
    }, 240_000);

    test('5: and back, sources before Kustomizations: Flux takes its Leases again, and prunes nothing but tagalong', async () => {
      const [before, ofFlux, seen] = [await settled(world), await factsOfFlux(world), (await world.api.auditedRequests()).length];
      const isFree = async () => (await back()).code === 0;
      await waitUntil('nothing to be held any more', isFree, { everyMs: 1000, ...slow });
      history = await historyOf(world, 'apps');
      const running: (string | null)[] = [];
      await follow((await back()).stdout, async (step) => {
        const parts = step === 1 ? 'kustomize' : null;
        await untilServed(parts);
        await waitUntil('Flux to run', () => controllers.image.every(world.flux.isRunning), slow);
        await waitUntil('its source-controller to run', () => world.flux.isRunning('source-controller'), slow);
        if (step > 1)
          await waitUntil('its kustomize-controller to run', () => world.flux.isRunning('kustomize-controller'), slow);
        running.push(parts);
      });
      expect(running).toEqual(['kustomize', null, null]);
      await world.untilApplied('apps');
      const ofTagalong = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
      for (const name of ['rollouts.tagalong.dev', 'updateguards.tagalong.dev'])
        await waitUntil(`${name} to be gone`, async () => (await world.cluster.get({ ...ofTagalong, name })) === null, slow);
      expect(await settled(world)).toEqual(before);
      await expectGoesOn();
      await bumpBy('Flux', '1.5.0');
      expectOnlyRollout(await settled(world), before);
      expect(await factsOfFlux(world)).toEqual(ofFlux);
      await expectGoesOn();
      const deleted = await deletionsSince(seen);
      expect(deleted.filter((uri) => !/tagalong/.test(uri))).toEqual([]);
      expect(deleted).toContain('/apis/apps/v1/namespaces/flux-system/deployments/tagalong');
    }, 300_000);

    test('what Flux would do next is what run --observe tells, in JSON and in text: selections, edits, builds, applies and prunes', async () => {
      const scaled = ['image-reflector-controller', 'image-automation-controller', 'kustomize-controller'] as const;
      const scale = async (names: readonly (typeof scaled)[number][], replicas: number) => {
        const where = { ...deploymentRef, namespace: 'flux-system' };
        for (const name of names) await world.cluster.patch({ ...where, name }, { spec: { replicas } }, { type: 'merge' });
        await waitUntil('Flux to follow', () => names.every((name) => world.flux.isRunning(name) === replicas > 0), slow);
      };
      // What is picked and not written, then what is not even picked.
      await scale(['image-automation-controller', 'kustomize-controller'], 0);
      await world.registry.pushTag('web', '1.6.0');
      const policy = {
        group: 'image.toolkit.fluxcd.io',
        version: 'v1',
        kind: 'ImagePolicy',
        namespace: 'flux-system',
        name: 'web',
      };
      await waitUntil('Flux to pick it', async () => JSON.stringify((await world.get(policy))['status']).includes('1.6.0'), slow);
      await scale(['image-reflector-controller'], 0);
      await world.registry.pushTag('web', '1.7.0');
      const apps = { ...kustomizationKind, namespace: 'flux-system', name: 'apps' };
      const settings = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' };
      const withoutToken = {
        patch: '$patch: delete\napiVersion: v1\nkind: Secret\nmetadata:\n  name: token\n  namespace: shop\n',
      };
      await world.cluster.patch(settings, { data: { color: 'green' } }, { type: 'merge', fieldManager: 'kubectl-edit' });
      await world.cluster.patch(apps, { spec: { patches: [withoutToken] } }, { type: 'merge' });

      const args = (folder: string) => ['run', '--observe', '--once', '--state-dir', `${world.folder}/${folder}`];
      const json = await world.tagalong('observer', ...args('differing'), '-o', 'json');
      const report = JSON.parse(json.stdout.trim().split('\n').at(-1) ?? '{}');
      const found: string[] = report.objects.flatMap(({ kind, name, differences }: ObservedObject) =>
        differences.map((one) => `${kind} ${name}: ${one.kind} ${one.subject ?? ''}`.trim()),
      );
      expect({ code: json.code, found: found.toSorted() }).toEqual({
        code: 1,
        found: [
          'ImagePolicy web: selection',
          'ImageRepository web: listing',
          'ImageUpdateAutomation fleet: edit apps/web.yaml:18',
          'Kustomization apps: apply ConfigMap/shop/settings',
          'Kustomization apps: build',
          'Kustomization apps: prune Secret/shop/token',
          // Whose replicas git has otherwise.
          ...scaled.map((name) => `Kustomization flux-system: apply Deployment/flux-system/${name}`).toSorted(),
        ],
      });
      const text = await world.tagalong('observer', ...args('differing-text'));
      expect(text.code).toBe(1);
      for (const words of [
        'would pick',
        ':1.7.0',
        ':1.6.0',
        'prune',
        'Secret/shop/token: would be deleted',
        'ConfigMap/shop/settings',
      ])
        expect(text.stdout).toContain(words);
      const chart = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmRepository' };
      const metadata = { name: 'charts', namespace: 'flux-system' };
      await world.cluster.create({
        ...chart,
        metadata,
        spec: { url: 'https://charts.example.com', interval: '1h', suspend: true },
      });
      const checked = await world.tagalong('tagalong', 'migrate', 'check');
      expect(checked.stderr).toContain('✗ 1 HelmRepository: source-controller of Flux serves them and tagalong does not');
      await world.cluster.delete({ group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'HelmRepository', ...metadata });
      expect(checked.code).toBe(1);
      expect(checked.stderr).toMatch(/✗ Kustomization\/flux-system\/apps: build: .*`flux build kustomization apps/);

      // And Flux does just that.
      await scale(scaled, 1);
      await world.untilRunning('1.7.0');
      const token = { group: '', version: 'v1', kind: 'Secret', namespace: 'shop', name: 'token' };
      await waitUntil('the Secret to be pruned', async () => (await world.cluster.get(token)) === null, slow);
      expect((await world.get(settings))['data']).toEqual({ color: 'blue' });
    }, 240_000);
  },
);
