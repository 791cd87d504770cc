import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { partOfLabel, productVersion } from '../../api/index.ts';
import { findKustomize } from '../../build/index.ts';
import { errorMessage } from '../../core/index.ts';
import { CliError } from '../error.ts';
import type { Part } from './parts.ts';

const execute = promisify(execFile);

export interface BotOrder {
  readonly parts: readonly Part[];
  /** The image with its tag; absent: the one that the manifests name. */
  readonly image?: string;
  readonly searchPath: string | undefined;
}

/** The manifests of a tagalong that does these parts beside Flux, out of `deploy/`; the definitions of Flux's kinds stay Flux's. */
export async function renderBot({ parts, image, searchPath }: BotOrder): Promise<string> {
  const command = findKustomize(searchPath);
  if (command === null)
    throw new CliError('FAILED', 'neither kustomize nor kubectl is on PATH; one of them puts the manifests together');
  const deploy = await realpath(fileURLToPath(new URL('../../../deploy', import.meta.url)));
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tagalong-migrate-')));
  try {
    await writeFile(join(folder, 'kustomization.yaml'), renderOverlay(relative(folder, deploy), parts, image));
    const [program, ...args] = command;
    const { stdout } = await execute(program, [...args, folder], { maxBuffer: 64 << 20 });
    return stdout;
  } catch (error) {
    throw new CliError('FAILED', `putting the manifests of ${deploy} together: ${errorMessage(error)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const componentsOf: Readonly<Record<Part, readonly string[]>> = {
  image: ['image', 'guards'],
  source: ['source'],
  kustomize: ['kustomize', 'apply-anything'],
};

function renderOverlay(deploy: string, parts: readonly Part[], image: string | undefined): string {
  const at = (path: string) => `${deploy.replaceAll('\\', '/')}/${path}`;
  const overlay = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    labels: [
      {
        includeTemplates: true,
        pairs: {
          'app.kubernetes.io/instance': 'flux-system',
          [partOfLabel]: 'flux',
          'app.kubernetes.io/version': `v${productVersion}`,
        },
      },
    ],
    resources: [at('bot'), at('crds')],
    components: parts.flatMap((part) => componentsOf[part]).map((name) => at(`components/${name}`)),
    patches: [
      { target: { kind: 'CustomResourceDefinition', name: '.*\\.toolkit\\.fluxcd\\.io' }, patch: withoutDefinitions },
      { target: { kind: 'Deployment', name: 'tagalong' }, patch: withControllers(parts) },
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

function withControllers(parts: readonly Part[]): string {
  const path = '/spec/template/spec/containers/0/args/-';
  return JSON.stringify([{ op: 'add', path, value: `--controllers=${parts.join(',')}` }]);
}

function imageEntry(image: string): Record<string, string> {
  const colon = image.lastIndexOf(':');
  if (colon <= image.lastIndexOf('/')) return { name: 'tagalong', newName: image };
  return { name: 'tagalong', newName: image.slice(0, colon), newTag: image.slice(colon + 1) };
}
