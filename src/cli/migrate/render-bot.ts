import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { partOfLabel, productVersion } from '../../api/index.ts';
import { buildFolder } from './build-folder.ts';
import type { Part } from './parts.ts';

export interface BotOrder {
  readonly parts: readonly Part[];
  /** Of Flux, where its Leases are. */
  readonly namespace: string;
  /** Further flags of `tagalong run`. */
  readonly flags: readonly string[];
  /** The image with its tag; absent: the one that the manifests name. */
  readonly image?: string;
  readonly searchPath: string | undefined;
}

/** The manifests of a tagalong that does these parts beside Flux, out of `deploy/`; the definitions of Flux's kinds stay Flux's. */
export async function renderBot({ searchPath, ...order }: BotOrder): Promise<string> {
  const deploy = await realpath(fileURLToPath(new URL('../../../deploy', import.meta.url)));
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tagalong-migrate-')));
  try {
    await writeFile(join(folder, 'kustomization.yaml'), renderOverlay(relative(folder, deploy), order));
    return await buildFolder(folder, searchPath, deploy);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const componentsOf: Readonly<Record<Part, readonly string[]>> = {
  image: ['image', 'guards'],
  source: ['source'],
  kustomize: ['kustomize', 'apply-anything'],
};

function renderOverlay(deploy: string, { parts, namespace, flags, image }: Omit<BotOrder, 'searchPath'>): string {
  const at = (path: string) => `${deploy.replaceAll('\\', '/')}/${path}`;
  const overlay = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    labels: [
      {
        includeTemplates: true,
        pairs: {
          'app.kubernetes.io/instance': namespace,
          [partOfLabel]: 'flux',
          'app.kubernetes.io/version': `v${productVersion}`,
        },
      },
    ],
    namespace,
    resources: [at('bot'), at('crds')],
    components: parts.flatMap((part) => componentsOf[part]).map((name) => at(`components/${name}`)),
    patches: [
      { target: { kind: 'CustomResourceDefinition', name: '.*\\.toolkit\\.fluxcd\\.io' }, patch: withoutDefinitions },
      { target: { kind: 'Deployment', name: 'tagalong' }, patch: withArguments([`--controllers=${parts.join(',')}`, ...flags]) },
    ],
    ...(image === undefined ? {} : { images: [imageEntry(image)] }),
  };
  return JSON.stringify(overlay);
}

const withoutDefinitions = JSON.stringify({
  $patch: 'delete',
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'of-flux' },
});

function withArguments(flags: readonly string[]): string {
  return JSON.stringify(flags.map((value) => ({ op: 'add', path: '/spec/template/spec/containers/0/args/-', value })));
}

function imageEntry(image: string): Record<string, string> {
  const colon = image.lastIndexOf(':');
  if (colon <= image.lastIndexOf('/')) return { name: 'tagalong', newName: image };
  return { name: 'tagalong', newName: image.slice(0, colon), newTag: image.slice(colon + 1) };
}
