import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { servedKinds } from '../../src/api/index.ts';
import { silentLog, systemClock } from '../../src/core/index.ts';
import { type Stage, startEmbeddedStage } from '../../src/demo/index.ts';
import { runInProcess } from '../cli/support/run-tagalong.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type PartName, waitUntil } from '../real/index.ts';
import { followFlux, runFlux } from './support/flux.ts';
import { fluxKinds, sampleKinds } from './support/flux-words.ts';
import { startRealStage } from './support/real-stage.ts';

interface FluxStage extends AsyncDisposable {
  readonly stage: Stage;
  readonly kubeconfig: string;
  /** The paths that were asked for, where the server tells. */
  requests(): Promise<readonly string[]>;
}

interface Home {
  readonly name: string;
  readonly needs: readonly PartName[];
  start(): Promise<FluxStage>;
}

const homes: readonly Home[] = [
  {
    name: 'the embedded API',
    needs: ['flux'],
    async start() {
      const stage = await startEmbeddedStage({ clock: systemClock, log: silentLog });
      const kubeconfig = stage.controlPlane.kubeconfigPath;
      if (kubeconfig === undefined) throw new Error('the demo writes no kubeconfig');
      return { stage, kubeconfig, requests: async () => [], [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
    },
  },
  {
    name: 'a real API server',
    needs: ['flux', 'kube-apiserver', 'kube-controller-manager', 'etcd', 'docker-registry', 'git-http-backend', 'kubectl'],
    async start() {
      const stage = await startRealStage({ installed: 'standalone' });
      return {
        ...{ stage, kubeconfig: stage.api.kubeconfigPath },
        requests: async () => (await stage.api.auditedRequests()).map(({ uri }) => uri),
        [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
      };
    },
  },
];

function refTo(kind: string, name: string, namespace = 'flux-system') {
  const served = servedKinds.find((candidate) => candidate.kind === kind);
  if (served === undefined) throw new Error(`${kind} is not served`);
  return { group: served.group, version: served.version, kind, namespace, name };
}

/** A test of one of the APIs alone; on the other one it is none, rather than one that was skipped. */
const onlyIf = (isHere: boolean) => (name: string, run: () => Promise<void>) => {
  if (isHere) test(name, run);
};

describe.each(homes)('the flux CLI on $name', ({ name: where, needs, start }) => {
  describeWithParts(needs, where, () => {
    let at: FluxStage;
    beforeAll(async () => {
      at = await start();
      for (const { kind, sample } of sampleKinds) await ready(kind, sample.name);
    });
    afterAll(() => at?.[Symbol.asyncDispose]());

    const flux = (...args: readonly string[]) => runFlux(at.kubeconfig, ...args);
    const get = (kind: string, name: string) => at.stage.cluster.get(refTo(kind, name));
    const specOf = async (kind: string, name: string) => ((await get(kind, name))?.['spec'] ?? {}) as Record<string, string>;
    const ready = (kind: string, name: string) =>
      waitUntil(`${kind} ${name} to be ready`, async () => {
        const object = await get(kind, name);
        const { conditions = [] } = (object?.['status'] ?? {}) as { conditions?: { type: string; status: string }[] };
        return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
      });

    test('check --pre is content', async () => {
      expect(await flux('check', '--pre')).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('prerequisites checks passed'),
      });
    });

    test('get all -A shows every object of every kind', async () => {
      const { code, stdout } = await flux('get', 'all', '-A');
      expect(code).toBe(0);
      for (const { kind, sample } of sampleKinds)
        expect(stdout).toMatch(new RegExp(`flux-system\\s+${kind.toLowerCase()}/${sample.name}\\s.*\\bTrue\\b`));
    });

    test.for(fluxKinds)('get and export know $kind', async ({ kind, words, plural, sample }) => {
      const got = await flux('get', ...plural);
      if (sample === undefined) {
        expect(`${got.stdout}${got.stderr}`).toMatch(new RegExp(`READY|no ${kind} objects found`));
        return;
      }
      expect(got).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`^${sample.name}\\s`, 'm')) });
      const { stdout } = await flux('export', ...words, sample.name);
      expect(parse(stdout)).toMatchObject({ kind, metadata: { name: sample.name, namespace: 'flux-system' } });
      expect(parse(stdout)).not.toHaveProperty('status');
    });

    test('a status selector chooses', async () => {
      const { stdout } = await flux('get', 'kustomizations', '--status-selector', 'ready=true', '--no-header');
      expect(stdout).toMatch(/^apps\s/m);
      const none = await flux('get', 'kustomizations', '--status-selector', 'ready=false', '--no-header');
      expect(none).toMatchObject({ code: 0, stdout: expect.not.stringContaining('apps') });
    });

    test.for(sampleKinds)('reconcile $kind waits for the run it asked for', async ({ words, sample }) => {
      const { code, stderr } = await flux('reconcile', ...words, sample.name);
      expect(stderr).toMatch(sample.success);
      expect(code).toBe(0);
    });

    test('reconcile kustomization --with-source waits for both', async () => {
      const { code, stderr } = await flux('reconcile', 'kustomization', 'apps', '--with-source');
      expect(stderr).toMatch(/✔ fetched revision main@sha1:[\s\S]*✔ applied revision main@sha1:/);
      expect(code).toBe(0);
    });

    test.for(sampleKinds)('suspend and resume $kind', async ({ kind, words, sample }) => {
      expect(await flux('suspend', ...words, sample.name)).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('suspended'),
      });
      expect((await get(kind, sample.name))?.['spec']).toMatchObject({ suspend: true });
      expect(await flux('reconcile', ...words, sample.name)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('suspended'),
      });
      const { code, stderr } = await flux('resume', ...words, sample.name);
      expect(stderr).toMatch(sample.success);
      expect(code).toBe(0);
    });

    test('suspend --all and resume --all --wait', async () => {
      const suspended = await flux('suspend', 'kustomization', '--all');
      expect(suspended.stderr.match(/✔ kustomization suspended/g)).toHaveLength(3);
      const resumed = await flux('resume', 'kustomization', '--all', '--wait');
      expect(resumed).toMatchObject({ code: 0 });
      expect(resumed.stderr.match(/reconciliation completed/g)).toHaveLength(3);
    });

    test('tree shows what was applied, with what that applied', async () => {
      const { stdout } = await flux('tree', 'kustomization', 'cluster');
      expect(stdout).toMatch(/^Kustomization\/flux-system\/cluster\n/);
      expect(stdout).toMatch(/[├└]── Kustomization\/flux-system\/apps\n(│ {3}├── \S+\n)*│ {3}├── Service\/shop\/web\n/);
    });

    test('trace leads from the object to the commit', async () => {
      const { code, stdout } = await flux('trace', 'deployment/web', '-n', 'shop');
      expect(code).toBe(0);
      expect(stdout).toMatch(/Kustomization: +apps[\s\S]*GitRepository: +sample[\s\S]*Branch: +main\nRevision: +main@sha1:/);
    });

    test('events, of everything and of one object with its source', async () => {
      const all = await flux('events');
      expect(all.stdout).toMatch(/Normal\s+\S+\s+ImageRepository\/web\s+successful scan: found 1 tags/);
      const { stdout } = await flux('events', '--for', 'Kustomization/apps');
      expect(stdout).toContain('GitRepository/sample');
      expect(stdout).toContain('Kustomization/apps');
      expect(stdout).not.toContain('ImageRepository');
    });

    test('stats counts', async () => {
      const { code, stdout } = await flux('stats', '-A');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Kustomization\s+3\s+0\s+0\s/m);
      expect(stdout).toMatch(/^ImagePolicy\s+1\s+0\s+0\s/m);
    });

    test('debug shows status and history', async () => {
      const status = await flux('debug', 'kustomization', 'apps', '--show-status');
      expect(parse(status.stdout)).toMatchObject({
        inventory: { entries: expect.any(Array) },
        observedGeneration: expect.any(Number),
      });
      const history = await flux('debug', 'kustomization', 'apps', '--show-history');
      expect(parse(history.stdout)).toMatchObject([{ lastReconciledStatus: 'ReconciliationSucceeded' }]);
    });

    test('get --watch goes on with what changes', async () => {
      const suspend = (value: boolean) => () =>
        at.stage.cluster.patch(refTo('Kustomization', 'infrastructure'), { spec: { suspend: value } }, { type: 'merge' });
      const args = ['get', 'kustomizations', '--watch'];
      await followFlux(at.kubeconfig, args, [/^infrastructure\s.*False/m, /^infrastructure\s.*True\s+True/m], (seen) =>
        suspend(seen === 1)(),
      );
    });

    test('events --watch goes on with what happens', async () => {
      const args = ['events', '--watch', '--for', 'Kustomization/infrastructure'];
      const message = 'somebody was here';
      await followFlux(at.kubeconfig, args, [/Kustomization\/infrastructure/, new RegExp(message)], async (seen) => {
        if (seen !== 1) return;
        const owner = await get('Kustomization', 'infrastructure');
        await at.stage.cluster.create({
          ...{ apiVersion: 'v1', kind: 'Event', type: 'Normal', reason: 'Said', message, count: 1 },
          metadata: { name: `infrastructure.${Date.now()}`, namespace: 'flux-system' },
          involvedObject: {
            apiVersion: owner?.apiVersion,
            kind: 'Kustomization',
            name: 'infrastructure',
            namespace: 'flux-system',
          },
          lastTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
        });
      });
    });

    test('build and diff kustomization show a change in a checkout', async () => {
      const path = join(at.stage.clone.folder, 'apps');
      const file = join(path, 'web', 'deployment.yaml');
      expect(await flux('diff', 'kustomization', 'apps', '--path', path, '--progress-bar=false')).toMatchObject({
        code: 0,
        stdout: '',
      });
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('replicas: 2', 'replicas: 3'));
      const diff = await flux('diff', 'kustomization', 'apps', '--path', path, '--progress-bar=false');
      const built = await flux('build', 'kustomization', 'apps', '--path', path);
      await writeFile(file, text);
      expect(diff).toMatchObject({ code: 1, stdout: expect.stringContaining('► Deployment/shop/web drifted') });
      expect(diff.stdout).toMatch(/spec\.replicas\n.*\n- 2\n\+ 3\n/);
      expect(parseAllDocuments(built.stdout).map((document) => document.toJS()?.kind)).toContain('Deployment');
    });

    test('what flux creates becomes ready, and goes when it deletes it', async () => {
      const { url = '' } = await specOf('GitRepository', 'sample');
      const { image = '' } = await specOf('ImageRepository', 'web');
      const created = [
        ['source', 'git', 'second', `--url=${url}`, '--branch=main', '--interval=1h'],
        [
          'kustomization',
          'second',
          '--source=GitRepository/second',
          '--path=./apps/web',
          '--prune=true',
          '--interval=1h',
          '--target-namespace=default',
        ],
        ['image', 'policy', 'second', '--image-ref=web', '--select-semver=1.x'],
        [
          'image',
          'update',
          'second',
          '--git-repo-ref=second',
          '--git-repo-path=./apps/web',
          '--checkout-branch=main',
          '--author-name=Ann',
          '--author-email=ann@example.com',
          '--interval=1h',
        ],
      ];
      for (const args of created) expect(await flux('create', ...args), args.join(' ')).toMatchObject({ code: 0 });
      const exported = await flux('create', 'image', 'repository', 'second', `--image=${image}`, '--interval=1h', '--export');
      expect(parse(exported.stdout)).toMatchObject({ kind: 'ImageRepository', spec: { image } });
      expect(await flux('create', 'source', 'git', 'second', `--url=${url}`, '--branch=main', '--interval=2h')).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('updated'),
      });
      for (const words of [['image', 'update'], ['image', 'policy'], ['kustomization'], ['source', 'git']])
        expect(await flux('delete', ...words, 'second', '--silent')).toMatchObject({
          code: 0,
          stderr: expect.stringContaining('deleted'),
        });
      for (const kind of ['ImageUpdateAutomation', 'ImagePolicy', 'Kustomization', 'GitRepository'])
        await waitUntil(`${kind} to go`, async () => (await get(kind, 'second')) === null);
      expect(
        await at.stage.cluster.get({ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default', name: 'web' }),
      ).toBeNull();
    });

    test('a secret that flux makes lets the source in', async () => {
      expect(
        await flux(
          'create',
          'secret',
          'git',
          'login',
          `--url=${(await specOf('GitRepository', 'sample'))['url']}`,
          '--username=ann',
          '--password=word',
        ),
      ).toMatchObject({ code: 0 });
      const secret = await at.stage.cluster.get({
        group: '',
        version: 'v1',
        kind: 'Secret',
        namespace: 'flux-system',
        name: 'login',
      });
      expect(secret?.['data']).toMatchObject({ username: Buffer.from('ann').toString('base64') });
    });

    onlyIf(where === 'a real API server')('check, version and logs find the installation', async () => {
      const check = await flux('check');
      expect(check.stderr).toMatch(/✔ tagalong: deployment ready/);
      expect(check).toMatchObject({ code: 0, stderr: expect.stringContaining('all checks passed') });
      const version = await flux('version');
      expect(parse(version.stdout)).toMatchObject({
        flux: expect.any(String),
        distribution: expect.stringMatching(/^flux-v/),
        tagalong: expect.any(String),
      });
      // There is no node to read the log from; flux has found the pod by its Deployment's labels and asks for it.
      await flux('logs');
      const requests = await at.requests();
      expect(requests.filter((path) => /\/namespaces\/flux-system\/pods\/tagalong-[^/]+\/log/.test(path))).not.toEqual([]);
    });

    onlyIf(where === 'a real API server')(
      'our own check looks at the account of the Deployment, and names each right that it lacks',
      async () => {
        const check = () => runInProcess(['check', '--kubeconfig', at.kubeconfig], { PATH: process.env['PATH'] ?? '' });
        const fine = await check();
        expect(fine.stderr).toContain('✔ flux-system/tagalong has all ');
        expect(fine.stderr).toMatch(/✔ source-controller-leader-election: held by tagalong, renewed \d+s ago/);
        expect(fine).toMatchObject({ code: 0, stderr: expect.stringContaining('✔ all checks passed') });
        const binding = {
          group: 'rbac.authorization.k8s.io',
          version: 'v1',
          kind: 'ClusterRoleBinding',
          name: 'tagalong-image-kinds',
        };
        const apply = { ...binding, name: 'tagalong-apply-anything' };
        for (const ref of [binding, apply]) await at.stage.cluster.delete(ref);
        await waitUntil('the server to know of it', async () => (await check()).code === 1);
        expect((await check()).stderr).toContain(
          '✗ flux-system/tagalong may not patch imagepolicies.image.toolkit.fluxcd.io/status in every namespace',
        );
      },
    );

    onlyIf(where === 'the embedded API')('check says what it misses where nothing is installed', async () => {
      const check = await flux('check');
      expect(check).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/✔ kustomizations\.kustomize\.toolkit\.fluxcd\.io\/v1/),
      });
    });
  });
});
