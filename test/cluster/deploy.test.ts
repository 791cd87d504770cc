import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNarrator, playScenes, type Scene, scenes } from '../../src/demo/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type KubeApiServer, startKubeApiServer } from '../real/index.ts';
import { applyFolder, installDefinitions, kubectl, type Way, ways } from './support/install.ts';
import { type RealStage, startRealStage } from './support/real-stage.ts';

const folders = Object.keys(ways) as Way[];

describeWithParts(['kube-apiserver', 'etcd', 'kubectl'], 'deploy/ on a real API server', () => {
  let api: KubeApiServer;

  beforeAll(async () => {
    api = await startKubeApiServer();
    await installDefinitions(api);
    await applyFolder(api, 'namespace');
  });
  afterAll(() => api?.[Symbol.asyncDispose]());

  test.for(folders)('%s passes a server-side dry run, without a warning', async (folder) => {
    const { stdout, stderr } = await applyFolder(api, folder, '--dry-run=server');
    expect(stdout).toContain('deployment.apps/tagalong');
    expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('(server dry run)'))).toEqual([]);
    expect(stderr).not.toMatch(/warning|violate/i);
  });

  test.for(folders)('%s is applied twice, and the second time changes nothing', async (folder) => {
    await applyFolder(api, folder, '--server-side', '--force-conflicts');
    const before = await kubectl(api, 'get', 'deployments,clusterroles,services', '-n', 'flux-system', '-o', 'name');
    const { stdout } = await applyFolder(api, folder, '--server-side');
    expect(stdout).toContain('serverside-applied');
    const after = await kubectl(api, 'get', 'deployments,clusterroles,services', '-n', 'flux-system', '-o', 'name');
    expect(after.stdout).toBe(before.stdout);
  });

  test('without the component that binds all rights, the account may not apply anything', async () => {
    await applyFolder(api, 'standalone');
    await kubectl(api, 'delete', 'clusterrolebinding', 'tagalong-apply-anything');
    const user = 'system:serviceaccount:flux-system:tagalong';
    const mayI = (...what: readonly string[]) =>
      kubectl(api, 'auth', 'can-i', ...what, '--as', user).then(
        ({ stdout }) => stdout.trim(),
        () => 'no',
      );
    expect(await mayI('patch', 'deployments.apps')).toBe('no');
    expect(await mayI('delete', 'namespaces')).toBe('no');
    expect(await mayI('patch', 'clusterrolebindings.rbac.authorization.k8s.io')).toBe('no');
    expect(await mayI('create', 'pods')).toBe('no');
    expect(await mayI('patch', 'kustomizations.kustomize.toolkit.fluxcd.io', '--subresource=status')).toBe('yes');
  });
});

const needed = ['kube-apiserver', 'kube-controller-manager', 'etcd', 'docker-registry', 'git-http-backend', 'kubectl'] as const;

describeWithParts([...needed], 'the scenes with the rights of the installed accounts alone', () => {
  describe.each(['standalone', 'split'] as const)('%s', (installed) => {
    let stage: RealStage;
    beforeAll(async () => {
      stage = await startRealStage({ installed });
    });
    afterAll(() => stage?.[Symbol.asyncDispose]());

    const lines: string[] = [];
    const narrator = createNarrator({ write: (text: string) => void lines.push(text) }, {});

    test.for(scenes.map((scene): [string, Scene] => [scene.name, scene]))('%s', async ([, scene]) => {
      const [played] = await playScenes(stage, narrator, [scene]);
      expect(played?.error ?? null, lines.join('')).toBeNull();
    });
  });
});
