import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kustomization, manifest } from '../../journeys/support/resources.ts';
import { type Loop, type LoopOptions, startLoop } from '../../journeys/support/start-loop.ts';
import { type Ran, runInProcess } from './run-tagalong.ts';

/** A cluster whose policy picked 1.2.0 while git has 1.1.0, and no bot that runs. */
export interface PlanScene extends AsyncDisposable {
  readonly loop: Loop;
  /** What `plan` prints, and where the branch was before. */
  plan(...more: readonly string[]): Promise<{ ran: Ran; head: string }>;
}

export const planned = '► ImageUpdateAutomation default/fleet would commit to main\n--- a/apps/web.yaml\n';
export const rolledOut = /► Kustomization default\/apps would roll out\n {4}Deployment\/web changed: spec\.template/;

export async function startPlanScene(options: Pick<LoopOptions, 'api'>): Promise<PlanScene> {
  await using stack = new AsyncDisposableStack();
  const loop = stack.use(
    await startLoop({
      ...options,
      images: { web: ['1.0.0', '1.1.0'] },
      files: (host) => ({ 'apps/web.yaml': manifest('web', `${host}/web:1.0.0`) }),
      extra: [kustomization('./apps', {}, 'apps')],
    }),
  );
  await loop.lands('apps/web.yaml', ':1.1.0');
  await loop.settles();
  await loop.stopApp();
  await loop.registry.pushTag('web', '1.2.0');
  const policy = { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImagePolicy', namespace: 'default', name: 'web' };
  const status = { latestRef: { name: loop.image('web', '').slice(0, -1), tag: '1.2.0' } };
  await loop.cluster.patch(policy, { status }, { type: 'merge', subresource: 'status' });
  const kubeconfig = join(loop.folder, 'kubeconfig');
  await writeFile(kubeconfig, loop.controlPlane.kubeconfigYaml);
  const resources = stack.move();
  return {
    loop,
    async plan(...more) {
      const head = await loop.main.head();
      loop.controlPlane.requests.clear();
      return { ran: await runInProcess(['plan', '--kubeconfig', kubeconfig, ...more]), head };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
