import { isDeepStrictEqual } from 'node:util';
import { type OciRepository, ociRepositoryKind } from '../api/index.ts';
import type { CloudLogins } from '../auth/index.ts';
import {
  type ArtifactStatus,
  type Artifacts,
  type Cluster,
  type Difference,
  errorMessage,
  type ImageName,
  nameOf,
  type Reconciler,
  type Registry,
  type SourceRef,
  type StepContext,
} from '../core/index.ts';
import { parseImageName } from '../registry/index.ts';
import { type ContentStore, type Publishing, pullOciContent, SourceError } from '../source/index.ts';
import { describeSourceFailure } from './git-repository-report.ts';
import { askRegistry, type OciPlace, type ResolvedOciRef, resolveOciRef } from './oci-repository-ref.ts';
import { verifyOciRevision } from './oci-repository-verify.ts';
import { clusterReader, resolveRegistryAccess } from './registry-access.ts';
import { reportSource, type SourceDone } from './source-report.ts';

export interface OciRepositoryDeps extends Publishing {
  readonly cluster: Cluster;
  readonly registry: Registry;
  readonly logins: CloudLogins;
  readonly artifacts: Artifacts;
  readonly contents: ContentStore;
}

interface Seen {
  readonly place: Omit<OciPlace, 'registry' | 'signal'>;
  readonly resolved: ResolvedOciRef;
  /** The message of SourceVerified. */
  readonly verified: string | null;
  readonly inMemory: boolean;
  readonly isPublished: boolean;
}

type Plan =
  | { readonly do: 'store'; readonly because: string; readonly seen: Seen; readonly isNew: boolean }
  | { readonly do: 'nothing'; readonly because: string; readonly seen: Seen };

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
    async finalize(resource) {
      const ref = refOf(resource);
      deps.artifacts.drop(ref);
      await deps.contents.drop(ref);
      await deps.unpublish(ref);
    },
  };
}

function refOf(resource: OciRepository): SourceRef {
  return { kind: resource.kind, ...nameOf(resource) };
}

async function observe(resource: OciRepository, { signal }: StepContext, deps: OciRepositoryDeps): Promise<Seen> {
  const image = parseUrl(resource.spec.url);
  const reader = clusterReader(deps.cluster, resource.metadata.namespace ?? '', signal);
  const access = await resolveRegistryAccess(resource.spec, image, { reader, logins: deps.logins });
  const place: OciPlace = { registry: deps.registry, image, access, signal };
  const resolved = await resolveOciRef(resource, place);
  const artifact = resource.status?.artifact;
  return {
    place: { image, access },
    resolved,
    verified: await verifyOciRevision(resource, resolved, place, deps.cluster),
    inMemory: deps.artifacts.get(refOf(resource), resolved.revision) !== null,
    isPublished: artifact === undefined || (await deps.isPublished(artifact as ArtifactStatus)),
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
  const known = resource.status?.artifact?.revision;
  const { revision } = seen.resolved;
  const isNew = known !== revision;
  const because = isNew ? `new upstream revision '${revision}'` : describeChange(resource, seen);
  if (because !== null) return { do: 'store', because, seen, isNew };
  return { do: 'nothing', because: `artifact up-to-date with remote revision: '${revision}'`, seen };
}

/** Why the artifact of a known revision has to be made once more. */
function describeChange({ spec, status = {} }: OciRepository, { inMemory, isPublished }: Seen): string | null {
  if (!isPublished) return 'disappeared from storage';
  if (status.observedIgnore !== spec.ignore) return 'the ignore rules changed';
  if (!isDeepStrictEqual(status.observedLayerSelector ?? {}, spec.layerSelector ?? {})) return 'another layer is wanted';
  return inMemory ? null : 'the artifact has to be made again';
}

async function act(
  { do: action, because, seen, ...plan }: Plan,
  resource: OciRepository,
  context: StepContext,
  deps: OciRepositoryDeps,
) {
  const { verified } = seen;
  if (action === 'nothing') return { artifact: null, isNew: false, verified };
  await context.progress(`building artifact: ${because}`);
  const { artifact, annotations, bytes } = await pull(seen, resource, context, deps);
  const fileName = `${seen.resolved.digest}.tar.gz`;
  const metadata = Object.keys(annotations).length === 0 ? {} : { metadata: annotations };
  const described = await deps.publish(refOf(resource), artifact, { fileName, bytes, hasLatest: true, ...metadata });
  deps.artifacts.put(refOf(resource), artifact);
  return { artifact: described, isNew: 'isNew' in plan && plan.isNew, verified };
}

function pull(
  { place, resolved }: Seen,
  resource: OciRepository,
  { signal }: StepContext,
  { registry, contents }: OciRepositoryDeps,
) {
  const { layerSelector: layer = {}, ignore, url } = resource.spec;
  const wish = { ...place, ...resolved, source: refOf(resource), layer, ignore, signal };
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
  if (!seen.inMemory) deps.artifacts.put(refOf(resource), (await pull(seen, resource, context, deps)).artifact);
  return [];
}

function wordsOf({ spec }: OciRepository, { artifact }: Done) {
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
