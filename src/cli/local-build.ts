import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Kustomization, kustomizationKind, parseResource } from '../api/index.ts';
import { type Build, createBuilder, findKustomize } from '../build/index.ts';
import { type Cluster, errorMessage, type KubeObject, silentLog } from '../core/index.ts';
import { buildKustomization } from '../reconcilers/index.ts';
import { createFolderArtifact } from '../source/index.ts';
import { describeFileError } from './describe-file-error.ts';
import { CliError } from './error.ts';
import { findObject } from './find-objects.ts';
import { viewOf } from './kind-views.ts';
import type { Session } from './session.ts';

export interface LocalBuildOrder {
  readonly name: string;
  readonly namespace: string;
  /** The folder that `spec.path` means. */
  readonly path: string;
  /** A file with the Kustomization, in place of the cluster's. */
  readonly kustomizationFile?: string;
}

export interface LocalBuild {
  /** Without `decryption`: nothing is decrypted here. */
  readonly kustomization: Kustomization;
  readonly build: Build;
}

/** Builds a folder on disk as the Kustomization would. Variables come from the cluster; encrypted files stay encrypted. */
export async function buildLocally(order: LocalBuildOrder, cluster: Cluster, session: Session): Promise<LocalBuild> {
  const found = await readKustomization(order, cluster, session);
  const { root, path } = await findRoot(order.path, found.spec.path ?? '');
  const { decryption: _, ...spec } = found.spec;
  const kustomization: Kustomization = { ...found, spec: { ...spec, path } };
  const builder = createBuilder({ log: silentLog, kustomize: () => findKustomize(session.environment['PATH']) });
  const tools = { builder, home: cluster, decryption: { fetch: globalThis.fetch }, signal: session.signal };
  return { kustomization, build: await buildKustomization(kustomization, createFolderArtifact(root), tools) };
}

async function readKustomization(
  { name, namespace, kustomizationFile }: LocalBuildOrder,
  cluster: Cluster,
  { signal }: Session,
): Promise<Kustomization> {
  if (kustomizationFile === undefined)
    return (await findObject(cluster, viewOf('Kustomization'), { namespace, name }, signal)) as unknown as Kustomization;
  const text = await readFile(kustomizationFile, 'utf8').catch((error: unknown) => {
    throw new CliError('USAGE', `--kustomization-file ${kustomizationFile}: ${describeFileError(error)}`);
  });
  const documents = parseAllDocuments(text).map((document): unknown => document.toJS());
  const found = documents.find((document) => isNamed(document, name));
  if (found === undefined) throw new CliError('USAGE', `--kustomization-file ${kustomizationFile} has no Kustomization ${name}`);
  try {
    return parseResource('Kustomization', withNamespace(found as KubeObject, namespace));
  } catch (error) {
    throw new CliError('USAGE', `--kustomization-file ${kustomizationFile}: ${errorMessage(error)}`, error);
  }
}

function isNamed(document: unknown, name: string): boolean {
  const { kind, metadata } = (document ?? {}) as Partial<KubeObject>;
  return kind === kustomizationKind.kind && metadata?.name === name;
}

function withNamespace(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } };
}

/**
 * What the source would hold, so that `../base` is found: the work tree that the folder is in; else what remains of it without
 * `spec.path`; else the folder itself.
 */
async function findRoot(given: string, specPath: string): Promise<{ root: string; path: string }> {
  const folder = resolve(given);
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new CliError('USAGE', `--path ${given}: there is no such folder`);
  const wanted = specPath.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
  const isSuffix = wanted !== '' && `${folder}/`.endsWith(`/${wanted}/`);
  const root = findWorkTree(folder) ?? (isSuffix ? folder.slice(0, -wanted.length) : folder);
  return { root, path: `./${relative(root, folder).split(sep).join('/')}` };
}

function findWorkTree(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (at === dirname(at)) return null;
  }
}
