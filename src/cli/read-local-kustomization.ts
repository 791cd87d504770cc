import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { type Kustomization, kustomizationKind, parseResource } from '../api/index.ts';
import { type Cluster, errorMessage, type KubeObject } from '../core/index.ts';
import { describeFileError } from './describe-file-error.ts';
import { CliError } from './error.ts';
import { findObject } from './find-objects.ts';
import { viewOf } from './kind-views.ts';

/** The Kustomization that is built, from its file or else from the cluster. Throws where neither has it. */
export async function readLocalKustomization(
  {
    name,
    namespace,
    kustomizationFile,
  }: { readonly name: string; readonly namespace: string; readonly kustomizationFile?: string },
  cluster: Cluster | null,
  signal: AbortSignal,
): Promise<Kustomization> {
  if (kustomizationFile !== undefined) return readFromFile(kustomizationFile, { name, namespace });
  if (cluster === null)
    throw new CliError('USAGE', 'a dry run asks nothing of a cluster: give the Kustomization with --kustomization-file');
  return (await findObject(cluster, viewOf('Kustomization'), { namespace, name }, signal)) as unknown as Kustomization;
}

async function readFromFile(
  kustomizationFile: string,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<Kustomization> {
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
