import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Scene, SceneTools } from '../../../src/demo/index.ts';
import { conditionOf } from '../../../src/demo/index.ts';

const deployment = (registryHost: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: shop
spec:
  replicas: 1
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api } }
    spec:
      containers:
        - name: api
          image: ${registryHost}/web
`;

const files = (registryHost: string): Record<string, string> => ({
  'overlays/base/deployment.yaml': deployment(registryHost),
  'overlays/base/kustomization.yaml': 'resources:\n  - deployment.yaml\n',
  'overlays/production/kustomization.yaml': `namePrefix: production-
resources:
  - ../base
configMapGenerator:
  - name: settings
    namespace: shop
    files: [settings.txt]
images:
  - name: ${registryHost}/web
    newTag: 1.0.0 # {"$imagepolicy": "flux-system:web:tag"}
`,
  'overlays/production/settings.txt': 'colour=blue\n',
  'clusters/demo/production.yaml': `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: production
  namespace: flux-system
spec:
  interval: 1h
  path: ./overlays/production
  prune: true
  wait: true
  sourceRef:
    kind: GitRepository
    name: sample
`,
});

/** A base and an overlay, built by the real kustomize, whose tag is written in the overlay's kustomization.yaml. */
export const overlayScene: Scene = { name: 'an overlay is built by kustomize, and the bot writes its images entry', play };

async function play({ stage, look, until, say }: SceneTools): Promise<void> {
  const { clone, cluster } = stage;
  await clone.pull();
  for (const [path, text] of Object.entries(files(stage.registryHost))) {
    await mkdir(dirname(join(clone.folder, path)), { recursive: true });
    await writeFile(join(clone.folder, path), text);
  }
  // The automation of the sample looks at ./apps alone.
  const automation = {
    group: 'image.toolkit.fluxcd.io',
    version: 'v1',
    kind: 'ImageUpdateAutomation',
    namespace: 'flux-system',
    name: 'sample',
  };
  await cluster.patch(automation, { spec: { update: { path: './' } } }, { type: 'merge' });
  await clone.commitAndPush('An overlay for production');
  const image = `${stage.registryHost}/web:1.1.1`;
  await until('production-api to run what the policy picked', async () => {
    const found = await cluster.get({
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'production-api',
    });
    const spec = found?.['spec'] as { template: { spec: { containers: { image: string }[] } } } | undefined;
    return spec?.template.spec.containers[0]?.image === image;
  });
  await until(
    'production to be ready',
    async () => conditionOf(await look.kustomization('production'), 'Ready')?.status === 'True',
  );
  await clone.pull();
  const overlay = await clone.git('show', 'HEAD:overlays/production/kustomization.yaml');
  if (!overlay.includes('newTag: 1.1.1 # {"$imagepolicy"')) throw new Error(`the overlay was not written as it must: ${overlay}`);
  say('the overlay carries 1.1.1 and production runs it');
}
