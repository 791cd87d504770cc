import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseDocument } from 'yaml';
import { errorMessage } from '../../core/index.ts';
import { CliError } from '../error.ts';
import { readListItems } from './list-text.ts';
import { controllersOfParts, type Part, parts } from './parts.ts';

/** The folder that `flux bootstrap` keeps in a repository, as it is in a checkout. */
export interface FluxFolder {
  /** Of the checkout. */
  readonly root: string;
  /** Below the root, with slashes: `clusters/prod/flux-system`. */
  readonly path: string;
  /** Where Flux runs. */
  readonly namespace: string;
  /** Text of its kustomization.yaml. */
  readonly kustomization: string;
  /** The parts whose Flux controllers are scaled to 0 there. */
  readonly handedOver: readonly Part[];
}

const components = 'gotk-components.yaml';
const depth = 6;

/** What to do where a repository is laid out otherwise. */
export const otherLayouts = `No folder with ${components} and kustomization.yaml was found, as \`flux bootstrap\` keeps them. Whatever installs Flux there, the steps are the same:
  1. annotate Flux's CustomResourceDefinitions and its Namespace with kustomize.toolkit.fluxcd.io/prune: disabled (or the like of your installer),
  2. install tagalong beside it: kubectl apply -k deploy/beside-flux; it stays passive,
  3. scale the Deployments of the part down to 0 replicas, where they are written down: image-reflector-controller and image-automation-controller
     for images (flux-operator: a patch in spec.kustomize.patches of the FluxInstance; the Helm chart: imageReflectionController.create and
     imageAutomationController.create stay true, with a post-renderer or a patch for the replicas),
  4. to go back, the same in reverse order.`;

/** Finds the folder below `root`; throws USAGE where there is none, or more than one and none was named. */
export async function openFluxFolder(root: string, named: string | undefined): Promise<FluxFolder> {
  const isFolder = await stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new CliError('USAGE', `--path ${root}: there is no such folder`);
  const found = named === undefined ? await findFolders(root, depth) : [join(root, named)];
  const [folder, ...others] = found;
  if (folder === undefined) throw new CliError('USAGE', otherLayouts);
  if (others.length > 0) {
    const names = found.map((one) => relative(root, one)).join(', ');
    throw new CliError('USAGE', `several clusters are in this repository; name the folder of one with --flux-path: ${names}`);
  }
  return readFolder(root, folder);
}

async function readFolder(root: string, folder: string): Promise<FluxFolder> {
  const file = join(folder, 'kustomization.yaml');
  const kustomization = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CliError('USAGE', `${file}: ${errorMessage(error)}\n${otherLayouts}`);
  });
  const stopped = readListItems(kustomization, 'patches').flatMap(stoppedDeployment);
  const handedOver = parts.filter((part) => controllersOfParts([part]).every((name) => stopped.includes(name)));
  const namespace = readNamespace(await readFile(join(folder, components), 'utf8').catch(() => ''));
  return { root, path: relative(root, folder).replaceAll('\\', '/'), namespace, kustomization, handedOver };
}

/** The manifests of Flux bring their Namespace along; `flux bootstrap --namespace` names it. */
function readNamespace(manifests: string): string {
  const namespace = manifests.split(/^---/m).find((text) => /^kind: Namespace\s*$/m.test(text));
  const name = namespace === undefined ? undefined : parseDocument(namespace).getIn(['metadata', 'name']);
  return typeof name === 'string' ? name : 'flux-system';
}

async function findFolders(folder: string, left: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const here = entries.some((entry) => entry.isFile() && entry.name === components) ? [folder] : [];
  if (left === 0) return here;
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules');
  const below = await Promise.all(folders.map(({ name }) => findFolders(join(folder, name), left - 1)));
  return [...here, ...below.flat()];
}

/** The name of the Deployment that a patch scales to 0. */
export function stoppedDeployment(patch: unknown): string[] {
  const { target, patch: text } = (patch ?? {}) as { target?: { kind?: string; name?: string }; patch?: string };
  if (target?.kind !== 'Deployment' || target.name === undefined || typeof text !== 'string') return [];
  return /^\s*replicas: 0\s*$/m.test(text) ? [target.name] : [];
}
