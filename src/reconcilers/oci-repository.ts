import { isDeepStrictEqual } from 'node:util';
import { type OciRepository, ociRepositoryKind } from '../api/index.ts';
import type { CloudLogins } from '../auth/index.ts';
import {
  type Difference,
  errorMessage,
  type ImageName,
  type Reconciler,
  type Registry,
  type StepContext,
} from '../core/index.ts';
import { parseImageName } from '../registry/index.ts';
import { pullOciContent, SourceError } from '../source/index.ts';
import {
  type ArtifactPresence,
  type ContentSourceDeps,
  collectOld,
  decideStore,
  forgetSource,
  presenceOf,
  type StorePlan,
  sourceRefOf,
} from './content-source.ts';
import { describeSourceFailure } from './git-repository-report.ts';
import { askRegistry, type OciPlace, type ResolvedOciRef, resolveOciRef } from './oci-repository-ref.ts';
import { type OciVerification, verifyOciRevision } from './oci-repository-verify.ts';
import { clusterReader, resolveRegistryAccess } from './registry-access.ts';
import { reportSource, type SourceDone } from './source-report.ts';

export interface OciRepositoryDeps extends ContentSourceDeps, OciVerification {
  readonly registry: Registry;
  readonly logins: CloudLogins;
}

interface Seen extends ArtifactPresence {
  readonly place: Omit<OciPlace, 'registry' | 'signal'>;
  readonly resolved: ResolvedOciRef;
  /** The message of SourceVerified. */
  readonly verified: string | null;
}

type Plan = StorePlan<Seen>;

interface Done extends SourceDone {
  readonly verified: string | null;
}

/** Follows a tag, a range of versions or a digest of an OCI registry and hands the content to the builds. Asks for the digest first; pulls only what is new. */
export function createOciRepositoryReconciler(deps: OciRepositoryDeps): Reconciler<OciRepository, Seen, Plan, Done> {
  return {
    kind: ociRepositoryKind,
    observe: (resource, context) => observe(resource, context, deps),
    decide,
    act: (plan, resource, context) => act(plan, resource, context, deps),
    preview: (plan, resource, context) => preview(plan, resource, context, deps),
    report: (resource, _plan, done, now) =>
      reportSource(resource, done, { ...wordsOf(resource, done), verified: done.verified }, now),
    describeFailure: (_resource, error) => describeSourceFailure(error),
    finalize: (resource, context) => forgetSource(resource, context, deps),
  };
}

async function observe(resource: OciRepository, { signal }: StepContext, deps: OciRepositoryDeps): Promise<Seen> {
  const image = parseUrl(resource.spec.url);
  const reader = clusterReader(deps.cluster, resource.metadata.namespace ?? '', signal);
  const access = await resolveRegistryAccess(resource.spec, image, { reader, logins: deps.logins });
  const place: OciPlace = { registry: deps.registry, image, access, signal };
  const resolved = await resolveOciRef(resource, place);
  return {
    place: { image, access },
    resolved,
    verified: await verifyOciRevision(resource, resolved, place, deps),
    ...(await presenceOf(resource, resolved.revision, deps)),
  };
}

function parseUrl(url: string): ImageName {
  try {
    return parseImageName(url.replace(/^oci:\/\//, ''));
  } catch (cause) {
    throw new SourceError('INVALID_URL', `URL validation failed for '${url}': ${errorMessage(cause)}`, { retry: 'never', cause });
  }
}

function decide(resource: OciRepository, seen: Seen): Plan {
  const { spec, status } = resource;
  const isSameLayer = isDeepStrictEqual(status?.observedLayerSelector ?? {}, spec.layerSelector ?? {});
  return decideStore(resource, seen.resolved.revision, seen, () => (isSameLayer ? null : 'another layer is wanted'));
}

async function act({ do: action, because, seen }: Plan, resource: OciRepository, context: StepContext, deps: OciRepositoryDeps) {
  const { verified } = seen;
  if (action === 'nothing') return { artifact: null, collected: await collectOld(resource, null, deps), verified };
  context.progress(`building artifact: ${because}`);
  const { artifact, annotations, bytes } = await pull(seen, resource, context, deps);
  const fileName = `${seen.resolved.digest}.tar.gz`;
  const metadata = Object.keys(annotations).length === 0 ? {} : { metadata: annotations };
  const described = await deps.publish(sourceRefOf(resource), artifact, { fileName, bytes, hasLatest: true, ...metadata });
  deps.artifacts.put(sourceRefOf(resource), artifact);
  return { artifact: described, collected: await collectOld(resource, described, deps), verified };
}

function pull(
  { place, resolved }: Seen,
  resource: OciRepository,
  { signal }: StepContext,
  { registry, contents }: OciRepositoryDeps,
) {
  const { layerSelector: layer = {}, ignore, url } = resource.spec;
  const wish = { ...place, ...resolved, source: sourceRefOf(resource), layer, ignore, signal };
  return askRegistry(() => pullOciContent({ registry, store: contents }, wish), {
    ...{ place: { signal }, code: 'PULL_FAILED', attempt: `failed to pull artifact from '${url}'` },
  });
}

/** The builds compare what the served revision yields: that one is put into memory where it is still what the reference names. */
async function preview(
  { seen }: Plan,
  resource: OciRepository,
  context: StepContext,
  deps: OciRepositoryDeps,
): Promise<readonly Difference[]> {
  const served = resource.status?.artifact?.revision;
  const { revision } = seen.resolved;
  if (served !== revision) return [{ kind: 'source', message: `would store ${revision}; status has ${served ?? 'no artifact'}` }];
  if (!seen.inMemory) deps.artifacts.put(sourceRefOf(resource), (await pull(seen, resource, context, deps)).artifact);
  return [];
}

function wordsOf({ spec, status }: OciRepository, done: Done) {
  const artifact = done.artifact ?? status?.artifact;
  const { 'org.opencontainers.image.source': source, 'org.opencontainers.image.revision': revision } = artifact?.metadata ?? {};
  const origin = [
    ...(source === undefined ? [] : [`, origin source '${source}'`]),
    ...(revision === undefined ? [] : [`, origin revision '${revision}'`]),
  ].join('');
  return {
    stored: (stored: string) => `stored artifact for digest '${stored}'`,
    event: `stored artifact with revision '${artifact?.revision ?? ''}' from '${spec.url}'${origin}`,
    observed: { observedIgnore: spec.ignore ?? null, observedLayerSelector: spec.layerSelector ?? null },
  };
}
