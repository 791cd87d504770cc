import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { planned, rolledOut, startPlanScene } from '../cli/support/plan-scene.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { startKubeApiServer } from '../real/index.ts';
import { installDefinitions } from './support/install.ts';

describeWithParts(['kube-apiserver', 'etcd', 'kubectl'], 'plan on a real API server', () => {
  test('it prints what the next run would commit and roll out, and writes nothing', async () => {
    await using api = await startKubeApiServer();
    await installDefinitions(api);
    await using scene = await startPlanScene({ api: { kubeconfigYaml: await readFile(api.kubeconfigPath, 'utf8') } });
    const versions = async () =>
      (
        await scene.loop.cluster.list({ group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImageUpdateAutomation' })
      ).items.map(({ metadata }) => metadata.resourceVersion);
    const before = await versions();
    const { ran, head } = await scene.plan();
    expect(ran.stdout).toContain(planned);
    expect(ran.stdout).toMatch(rolledOut);
    expect(ran.code).toBe(0);
    expect(await scene.loop.main.head()).toBe(head);
    expect(await versions()).toEqual(before);
    const json = JSON.parse((await scene.plan('-o', 'json')).ran.stdout) as { commits: unknown[] };
    expect(json.commits).toMatchObject([{ automation: 'default/fleet', branch: 'main', byRequest: false }]);
  });
});
