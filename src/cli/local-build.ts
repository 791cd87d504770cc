import { type Kustomization, kustomizationKind, parseResource } from '../api/index.ts';
import { type Build, type Builder, createBuilder, findKustomize } from '../build/index.ts';
import { type Cluster, errorMessage, type KubeObject, keyOf, silentLog, TagalongError } from '../core/index.ts';
import { buildKustomization } from '../reconcilers/index.ts';
import { createFolderArtifact } from '../source/index.ts';
import { CliError } from './error.ts';
import type { LocalBuildOptions } from './local-build-options.ts';
import { findLocalSource, findRoot, type LocalRoot } from './local-root.ts';
import { createProgress } from './progress.ts';
import { readLocalKustomization } from './read-local-kustomization.ts';
import type { Session } from './session.ts';

export interface LocalBuildOrder extends LocalBuildOptions {
  readonly name: string;
  readonly namespace: string;
  /** Open what is encrypted with the keys of the object, where these may be read; else it stays as it is. */
  readonly decrypts: boolean;
}

export interface LocalBuild {
  readonly kustomization: Kustomization;
  readonly build: Build;
}

interface Tools {
  readonly order: LocalBuildOrder;
  readonly builder: Builder;
  readonly home: Pick<Cluster, 'get' | 'createToken'>;
  readonly session: Session;
  /** Nothing is asked of a cluster. */
  readonly isDry: boolean;
}

/**
 * Builds a folder on disk as the Kustomization would, with `recursive` also those that are among its objects. Variables come from the
 * cluster; without one those of ConfigMaps and Secrets are missing.
 */
export async function buildLocally(
  order: LocalBuildOrder,
  cluster: Cluster | null,
  session: Session,
): Promise<readonly LocalBuild[]> {
  const builder = createBuilder({ log: silentLog, kustomize: () => findKustomize(session.environment['PATH']) });
  const tools: Tools = { order, builder, session, home: cluster ?? nowhere, isDry: cluster === null };
  const found = await readLocalKustomization(order, cluster, session.signal);
  const root = await findRoot(order.path, found.spec.path ?? '');
  return buildTree(found, root, tools, new Set());
}

const nowhere: Tools['home'] = {
  get: () => Promise.reject(new CliError('USAGE', 'a dry run asks nothing of a cluster')),
  createToken: () => Promise.reject(new CliError('USAGE', 'a dry run asks nothing of a cluster')),
};

async function buildTree(
  kustomization: Kustomization,
  root: LocalRoot,
  tools: Tools,
  built: Set<string>,
): Promise<readonly LocalBuild[]> {
  built.add(keyOf(kustomization));
  const own = await buildOne(kustomization, root, tools);
  if (tools.order.recursive !== true) return [own];
  const all = [own];
  for (const { object } of own.build.objects) {
    if (!isKustomization(object) || built.has(keyOf(object))) continue;
    const nested = parseResource('Kustomization', object);
    const place = await findLocalSource(nested, tools.order.localSources ?? new Map());
    all.push(...(await buildTree(nested, place, tools, built)));
  }
  return all;
}

function isKustomization({ apiVersion, kind }: KubeObject): boolean {
  return kind === kustomizationKind.kind && apiVersion.startsWith(`${kustomizationKind.group}/`);
}

async function buildOne(found: Kustomization, { root, path }: LocalRoot, tools: Tools): Promise<LocalBuild> {
  const { decryption, postBuild, ...spec } = found.spec;
  const variables = postBuild === undefined || !tools.isDry ? postBuild : { ...postBuild, substituteFrom: undefined };
  const plain: Kustomization = { ...found, spec: { ...spec, path, ...(variables && { postBuild: variables }) } };
  const build = (kustomization: Kustomization) => buildWith(kustomization, root, tools);
  if (decryption === undefined || !tools.order.decrypts || tools.isDry)
    return { kustomization: plain, build: await build(plain) };
  const kustomization = { ...plain, spec: { ...plain.spec, decryption } };
  try {
    return { kustomization, build: await build(kustomization) };
  } catch (error) {
    if (!isWithoutKey(error)) throw error;
    const because = `nothing is decrypted, encrypted Secrets are compared by their keys: ${errorMessage(error)}`;
    createProgress(tools.session.terminal).warning(because);
    return { kustomization: plain, build: await build(plain) };
  }
}

const keyErrors: ReadonlySet<string> = new Set(['FORBIDDEN', 'SECRET_MISSING', 'KEY_MISSING']);

/** Whoever looks need not be allowed what the bot is. */
function isWithoutKey(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof TagalongError && keyErrors.has(cause.code)) return true;
  return false;
}

function buildWith(kustomization: Kustomization, root: string, { order, builder, home, session, isDry }: Tools): Promise<Build> {
  const text = (order.ignorePaths ?? []).join('\n');
  const folder = (kustomization.spec.path ?? '').replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
  const artifact = createFolderArtifact(root, text === '' ? undefined : { folder, text });
  const isStrict = order.strictSubstitute ?? !isDry;
  const decryption = { fetch: globalThis.fetch };
  const tools = { builder, home, decryption, signal: session.signal, unset: isStrict ? 'error' : 'empty' } as const;
  return buildKustomization(kustomization, artifact, tools);
}
