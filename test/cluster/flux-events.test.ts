import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gitRepositoryKind, kustomizationKind, ociRepositoryKind } from '../../src/api/index.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { cloneWorkTree, type WorkTree } from '../../src/demo/index.ts';
import { writeFiles } from '../git/fixture.ts';
import { gitRepository } from '../journeys/support/resources.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type DockerRegistry, type GitHttp, startDockerRegistry, startGitHttp, waitUntil } from '../real/index.ts';
import { type EventScene, type Side, startEventScene, type ToldEvent, untilSays } from './support/event-scene.ts';
import { runFlux } from './support/flux.ts';

const configMap = (name: string, step: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: default\ndata:\n  step: "${step}"\n`;
const sides = ['flux', 'tagalong'] as const;
const refOf = (kind: typeof gitRepositoryKind | typeof ociRepositoryKind | typeof kustomizationKind, name: string) => ({
  ...kind,
  namespace: 'default',
  name,
});

describeWithParts(
  ['kube-apiserver', 'etcd', 'kubectl', 'git-http-backend', 'flux-controllers', 'flux', 'docker-registry'],
  "events, beside those of Flux's own controllers",
  () => {
    const stack = new AsyncDisposableStack();
    const scenes = {} as Record<Side, EventScene>;
    let git: GitHttp;
    let registry: DockerRegistry;
    let person: WorkTree;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tagalong-events-'));
      stack.defer(() => rm(folder, { recursive: true, force: true }));
      git = stack.use(await startGitHttp());
      registry = stack.use(await startDockerRegistry());
      person = await cloneWorkTree(await git.createRepository('fleet'), join(folder, 'person'), {
        name: 'Ada',
        email: 'ada@example.com',
      });
      await writeFiles(person.folder, { 'apps/a.yaml': configMap('a', '1'), 'apps/notes.md': 'x\n' });
      await person.commitAndPush('Start: a subject that is longer than the fifty characters of which Flux tells');
      for (const side of sides) scenes[side] = stack.use(await startEventScene(side, join(folder, side)));
    }, 180_000);
    afterAll(() => stack.disposeAsync());

    const onBoth = (act: (scene: EventScene) => Promise<unknown>) => Promise.all(sides.map((side) => act(scenes[side])));
    let asked = 0;
    const ask = (ref: ReturnType<typeof refOf>, ready: 'True' | 'False' = 'True') => {
      asked += 1;
      const token = `ask ${asked}`;
      const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } } };
      return onBoth(async (scene) => {
        await scene.cluster.patch(ref, patch, { type: 'merge' });
        await untilSays(scene, ref, { ready, token });
      });
    };
    const change = (ref: ReturnType<typeof refOf>, spec: object, ready: 'True' | 'False' = 'True') =>
      onBoth(async (scene) => {
        await scene.cluster.patch(ref, { spec }, { type: 'merge' });
        await untilSays(scene, ref, { ready });
      });
    const create = (object: KubeObject, ref: ReturnType<typeof refOf>, ready: 'True' | 'False' = 'True') =>
      onBoth(async (scene) => {
        await scene.cluster.create(object);
        await untilSays(scene, ref, { ready });
      });
    const remove = (ref: ReturnType<typeof refOf>) =>
      onBoth(async ({ cluster }) => {
        await cluster.delete(ref);
        await waitUntil(`${ref.name} to be gone`, async () => (await cluster.get(ref)) === null);
      });

    /**
     * Without what differs from run to run and from archive to archive (Go compresses other bytes): how long something took, and digests. The
     * words of an error are each tool's own.
     */
    const comparable = ({ message, metadata, type, ...event }: ToldEvent) => ({
      ...event,
      type,
      message: isError(type) ? message.split(':')[0] : message.replace(/in (\d+(\.\d+)?(m?s|h|m))+/g, 'in TIME').trim(),
      metadata: Object.fromEntries(
        Object.entries(metadata).map(([key, value]) => [key, key.endsWith('/digest') ? 'DIGEST' : value]),
      ),
    });
    const isError = (type: string) => type === 'Warning' || type === 'error';

    /** Flux also tells of a finished reconciliation when the object itself was deleted. */
    const isAfterTheEnd = (events: readonly ToldEvent[], { message }: ToldEvent, index: number) =>
      index === events.length - 1 &&
      message.startsWith('Reconciliation finished') &&
      (events[index - 1]?.message ?? '').endsWith(' deleted');

    /** What the API lists has times of whole seconds: its order says nothing. */
    const ordered = (events: readonly ReturnType<typeof comparable>[]) =>
      [...new Set(events.map((event) => JSON.stringify(event)))].toSorted().map((text): unknown => JSON.parse(text));

    /** How often a failure is tried again before it is mended is a matter of time. */
    const isAgain = (events: readonly ReturnType<typeof comparable>[], event: ReturnType<typeof comparable>, index: number) =>
      isError(event.type) && JSON.stringify(events[index - 1]) === JSON.stringify(event);

    async function expectSame(of: string): Promise<void> {
      const [theirs, ours] = await Promise.all(
        sides.map(async (side) => {
          const sent = scenes[side].sent(of).filter((event, index, all) => !isAfterTheEnd(all, event, index));
          const told = await scenes[side].told(of);
          const once = sent.map(comparable).filter((event, index, all) => !isAgain(all, event, index));
          return { sent: once, told: ordered(told.map(comparable)) };
        }),
      );
      expect(ours).toEqual(theirs);
    }

    test('GitRepository: the first artifact, nothing new, other rules, a failure, the recovery, the end', async () => {
      const ref = refOf(gitRepositoryKind, 'fleet');
      await create(gitRepository(git.url('fleet')), ref);
      await ask(ref);
      await change(ref, { ignore: '*.md\n' });
      await person.edit('apps/a.yaml', (text) => text.replace('"1"', '"2"'));
      await person.commitAndPush('Step');
      await ask(ref);
      await change(ref, { ref: { branch: 'main', tag: 'v9' } }, 'False');
      await change(ref, { ref: { branch: 'main', tag: null } });
      await remove(ref);
      await expectSame('GitRepository/fleet');
    }, 120_000);

    test('OCIRepository: the same', async () => {
      const ref = refOf(ociRepositoryKind, 'fleet');
      const push = async (step: string) => {
        await mkdir(join(folder, 'manifests'), { recursive: true });
        await writeFile(join(folder, 'manifests/config.yaml'), configMap('from-oci', step));
        const from = ['--source=https://git.example/fleet', `--revision=main@sha1:${step}`];
        const words = ['push', 'artifact', `oci://${registry.host}/fleet:latest`, `--path=${join(folder, 'manifests')}`];
        const pushed = await runFlux('/dev/null', ...words, ...from);
        if (pushed.code !== 0) throw new Error(pushed.stderr);
      };
      await push('1');
      const spec = { interval: '1h', url: `oci://${registry.host}/fleet`, insecure: true };
      const meta = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' };
      await create({ ...meta, metadata: { name: 'fleet', namespace: 'default' }, spec }, ref);
      const app = refOf(kustomizationKind, 'from-oci');
      await create(kustomization('from-oci', './', { kind: 'OCIRepository', name: 'fleet' }), app);
      await ask(ref);
      await push('2');
      await ask(ref);
      await onBoth((scene) =>
        untilSays(scene, app, {
          ready: 'True',
          holds: (status) => JSON.stringify(status).includes('"lastAppliedOriginRevision":"main@sha1:2"'),
        }),
      );
      await change(ref, { ref: { tag: 'v9' } }, 'False');
      await change(ref, { ref: { tag: 'latest' } });
      await remove(app);
      await remove(ref);
      await expectSame('OCIRepository/fleet');
      await expectSame('Kustomization/from-oci');
    }, 120_000);

    const kustomization = (name: string, path: string, sourceRef: object): KubeObject => ({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name, namespace: 'default', annotations: { 'event.toolkit.fluxcd.io/team': 'a' } },
      spec: { interval: '1h', retryInterval: '1h', prune: true, path, sourceRef },
    });

    test('Kustomization: applied, changed, broken, mended, pruned, gone', async () => {
      const source = refOf(gitRepositoryKind, 'apps');
      const ref = refOf(kustomizationKind, 'apps');
      await create(gitRepository(git.url('fleet'), {}, 'apps'), source);
      await create(kustomization('apps', './apps', { kind: 'GitRepository', name: 'apps' }), ref);
      const follow = async (ready: 'True' | 'False') => {
        const commit = await person.commitAndPush('Next');
        await ask(source);
        const revision = `main@sha1:${commit}`;
        const holds = (status: object) => Reflect.get(status, 'lastAttemptedRevision') === revision;
        await onBoth((scene) => untilSays(scene, ref, { ready, holds }));
      };
      await person.edit('apps/a.yaml', (text) => text.replace('"2"', '"3"'));
      await follow('True');
      await person.edit('apps/a.yaml', (text) => text.replace('namespace: default', 'namespace: nowhere'));
      await follow('False');
      await person.edit('apps/a.yaml', (text) => text.replace('namespace: nowhere', 'namespace: default'));
      await follow('True');
      await writeFiles(person.folder, { 'apps/b.yaml': configMap('b', '1') });
      await follow('True');
      await rm(join(person.folder, 'apps/b.yaml'));
      await follow('True');
      await remove(ref);
      await expectSame('Kustomization/apps');
    }, 180_000);
  },
);
