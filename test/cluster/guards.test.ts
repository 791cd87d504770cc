import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type KubeApiServer, requirePart, startKubeApiServer, waitUntil } from '../real/index.ts';
import { applyFolder, installDefinitions, kubectl } from './support/install.ts';

const execute = promisify(execFile);

describeWithParts(['kube-apiserver', 'etcd', 'kubectl'], 'guards on a real API server', () => {
  let api: KubeApiServer;
  let files = 0;

  beforeAll(async () => {
    api = await startKubeApiServer();
    await installDefinitions(api);
    await applyFolder(api, 'namespace');
    await applyFolder(api, 'standalone');
    await kubectl(api, 'create', 'namespace', 'shop');
    await kubectl(api, 'create', 'role', 'editor', '-n', 'shop', '--verb=*', '--resource=imagepolicies.image.toolkit.fluxcd.io');
    for (const user of ['ann', 'bob']) {
      await kubectl(api, 'create', 'rolebinding', `${user}-edits`, '-n', 'shop', '--role=editor', `--user=${user}`);
      await kubectl(
        api,
        'create',
        'clusterrolebinding',
        `${user}-names`,
        '--clusterrole=cluster-admin-of-namespaces',
        `--user=${user}`,
      );
    }
    await apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'cluster-admin-of-namespaces' },
      rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'update', 'patch'] }],
    });
    await kubectl(api, 'create', 'rolebinding', 'bob-guards', '-n', 'shop', '--clusterrole=tagalong-guards', '--user=bob');
    await apply(policy('web'));
    await apply(policy('kept', { 'tagalong.dev/guard': 'required', 'tagalong.dev/release': 'kept@1234567' }));
    // The policy counts once every part of the server knows of it.
    await waitUntil('the admission policy to count', async () =>
      (await as('ann', 'annotate', 'web', 'tagalong.dev/land=[]', '--dry-run=server')).includes('needs the right'),
    );
  });
  afterAll(() => api?.[Symbol.asyncDispose]());

  async function apply(object: object): Promise<string> {
    files += 1;
    const file = join(dirname(api.kubeconfigPath), `object-${files}.yaml`);
    await writeFile(file, stringify(object));
    return (await kubectl(api, 'apply', '-f', file)).stdout;
  }

  const refusal = (object: object) =>
    apply(object).then(
      () => 'applied',
      (error: { stderr?: string }) => error.stderr ?? String(error),
    );

  /** kubectl as somebody, on ImagePolicies of the namespace; what it says, well or ill. */
  function as(user: string, verb: string, ...args: readonly string[]): Promise<string> {
    const command = ['--kubeconfig', api.kubeconfigPath, '--as', user, '-n', 'shop', verb, 'imagepolicy', ...args];
    return execute(requirePart('kubectl'), command).then(
      ({ stdout }) => stdout,
      (error: { stderr: string }) => error.stderr,
    );
  }

  describe('annotations that weaken what protects a branch', () => {
    test.for([
      { who: 'ann', does: 'lets git go back', args: ['web', 'tagalong.dev/allow-downgrade=true'], may: false },
      { who: 'ann', does: 'lands past the gates', args: ['web', 'tagalong.dev/land=[]'], may: false },
      { who: 'ann', does: 'takes away that a guard is required', args: ['kept', 'tagalong.dev/guard-'], may: false },
      { who: 'ann', does: 'takes a release back', args: ['kept', 'tagalong.dev/release-'], may: true },
      { who: 'ann', does: 'requires a guard', args: ['web', 'tagalong.dev/guard=required'], may: true },
      { who: 'ann', does: 'writes something else', args: ['web', 'example.com/note=hello'], may: true },
      { who: 'bob', does: 'lets git go back', args: ['web', 'tagalong.dev/allow-downgrade=true'], may: true },
      { who: 'bob', does: 'takes away that a guard is required', args: ['kept', 'tagalong.dev/guard-'], may: true },
    ])('$who $does: $may', async ({ who, args, may }) => {
      const said = await as(who, 'annotate', ...args);
      if (may) expect(said).toContain('annotated');
      else
        expect(said).toMatch(
          /forbidden: .*changing tagalong\.dev\/[a-z-]+ needs the right to update updateguards\.tagalong\.dev in namespace shop/,
        );
    });

    test('a namespace that requires guards does so until somebody who may write guards there says otherwise', async () => {
      await kubectl(api, 'annotate', 'namespace', 'shop', 'tagalong.dev/guard=required');
      const remove = (user: string) => kubectl(api, '--as', user, 'annotate', 'namespace', 'shop', 'tagalong.dev/guard-');
      await expect(remove('ann')).rejects.toThrow(/needs the right to update updateguards/);
      expect((await remove('bob')).stdout).toContain('annotated');
    });
  });

  test('guards are for those who hold that right; the bot itself may only read them and tell their status', async () => {
    const mayI = (user: string, ...what: readonly string[]) =>
      kubectl(api, 'auth', 'can-i', ...what, '-n', 'shop', '--as', user).then(
        ({ stdout }) => stdout.trim(),
        () => 'no',
      );
    const bot = 'system:serviceaccount:flux-system:tagalong';
    await kubectl(api, 'delete', 'clusterrolebinding', 'tagalong-apply-anything');
    const guards = 'updateguards.tagalong.dev';
    expect(await Promise.all([mayI('ann', 'create', guards), mayI('bob', 'create', guards)])).toEqual(['no', 'yes']);
    expect(await Promise.all([mayI(bot, 'list', guards), mayI(bot, 'patch', guards), mayI(bot, 'delete', guards)])).toEqual([
      'yes',
      'no',
      'no',
    ]);
    expect(await mayI(bot, 'patch', guards, '--subresource=status')).toBe('yes');
  });

  describe('what can never be true is told when it is applied', () => {
    test.for([
      {
        because: 'a window of no time',
        spec: { windows: [{ cron: '0 9 * * *', duration: '0s' }] },
        says: 'a window of no time is never open',
      },
      {
        because: 'a cron of six fields',
        spec: { windows: [{ cron: '0 0 9 * * *', duration: '1h' }] },
        says: 'spec.windows[0].cron',
      },
      {
        because: 'a freeze that ends before it begins',
        spec: { freezes: [{ from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }] },
        says: 'a freeze ends after it begins',
      },
      { because: 'a hold on nothing', spec: { holds: [{ policy: 'web' }] }, says: 'a hold names tags, a range or digests' },
      {
        because: 'a requirement on nothing',
        spec: { requires: [{}] },
        says: 'exactly one of kustomizationRef and rolloutSelector',
      },
      {
        because: 'an identity without a root',
        spec: { verify: [{ matchOIDCIdentity: [{ issuer: 'a', subject: 'b' }] }] },
        says: 'needs a trusted root',
      },
      {
        because: 'nothing wrong',
        spec: { windows: [{ cron: '0 9 * * 1-5', duration: '8h', timeZone: 'Europe/Berlin' }], soak: '24h' },
        says: 'applied',
      },
    ])('$because', async ({ spec, says }) => {
      expect(
        await refusal({
          apiVersion: 'tagalong.dev/v1alpha1',
          kind: 'UpdateGuard',
          metadata: { name: 'guard', namespace: 'shop' },
          spec,
        }),
      ).toContain(says);
    });
  });
});

function policy(name: string, annotations: Record<string, string> = {}): object {
  return {
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImagePolicy',
    metadata: { name, namespace: 'shop', annotations },
    spec: { imageRepositoryRef: { name }, policy: { semver: { range: '1.x' } } },
  };
}
