import { type Bucket, bucketKind } from '../api/index.ts';
import { type CheckAddress, createCloudIdentity, proxyFromSecret, tlsFromSecret } from '../auth/index.ts';
import { type BucketReader, type BucketWish, openBucket } from '../bucket/index.ts';
import {
  type ArtifactStatus,
  type Artifacts,
  type Cluster,
  type Difference,
  errorMessage,
  nameOf,
  parseDurationMs,
  type Reconciler,
  type SourceRef,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import { type ContentStore, type Publishing, SourceError } from '../source/index.ts';
import { type BucketIndex, fetchBucket, listBucket } from './bucket-content.ts';
import { describeSourceFailure } from './git-repository-report.ts';
import { type AccessReader, clusterReader } from './registry-access.ts';
import { reportSource, type SourceDone } from './source-report.ts';

export interface BucketDeps extends Publishing {
  readonly cluster: Cluster;
  readonly artifacts: Artifacts;
  readonly contents: ContentStore;
  readonly checkAddress: CheckAddress;
}

interface Seen {
  readonly index: BucketIndex;
  readonly inMemory: boolean;
  readonly isPublished: boolean;
}

type Plan =
  | { readonly do: 'store'; readonly because: string; readonly seen: Seen; readonly isNew: boolean }
  | { readonly do: 'nothing'; readonly because: string; readonly seen: Seen };

interface Done extends SourceDone {
  readonly files: number;
}

/** Follows a bucket and hands its objects to the builds. Lists first; fetches only when an object came, went or changed. */
export function createBucketReconciler(deps: BucketDeps): Reconciler<Bucket, Seen, Plan, Done> {
  return {
    kind: bucketKind,
    observe: (resource, context) => observe(resource, context, deps),
    decide,
    act: (plan, resource, context) => act(plan, resource, context, deps),
    preview: (plan, resource, context) => preview(plan, resource, context, deps),
    report: (resource, _plan, done, now) => reportSource(resource, done, wordsOf(resource, done), now),
    describeFailure: (_resource, error) => describeSourceFailure(error),
    async finalize(resource) {
      const ref = refOf(resource);
      deps.artifacts.drop(ref);
      await deps.contents.drop(ref);
      await deps.unpublish(ref);
    },
  };
}

function refOf(resource: Bucket): SourceRef {
  return { kind: resource.kind, ...nameOf(resource) };
}

async function observe(resource: Bucket, context: StepContext, deps: BucketDeps): Promise<Seen> {
  const { prefix = '', ignore } = resource.spec;
  const index = await withBucket(resource, context, deps, (reader, signal) => listBucket(reader, { prefix, ignore }, signal));
  const artifact = resource.status?.artifact;
  return {
    index,
    inMemory: deps.artifacts.get(refOf(resource), index.revision) !== null,
    isPublished: artifact === undefined || (await deps.isPublished(artifact as ArtifactStatus)),
  };
}

/** Opens the bucket for one look at it, which has to end within `spec.timeout`. */
async function withBucket<T>(
  resource: Bucket,
  { signal }: StepContext,
  deps: BucketDeps,
  look: (reader: BucketReader, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeoutMs = parseDurationMs(resource.spec.timeout) ?? 60_000;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const wish = await readWish(resource, clusterReader(deps.cluster, resource.metadata.namespace ?? '', deadline), deps);
  const reader = await openBucket(wish);
  try {
    return await look(reader, deadline);
  } catch (cause) {
    signal.throwIfAborted();
    if (!deadline.aborted && cause instanceof TagalongError) throw cause;
    const because = deadline.aborted ? `no end within ${timeoutMs / 1000} s; see spec.timeout` : errorMessage(cause);
    throw new SourceError('BUCKET_FAILED', `reading bucket '${resource.spec.bucketName}': ${because}`, { cause });
  } finally {
    reader.close();
  }
}

async function readWish({ spec }: Bucket, reader: AccessReader, { checkAddress }: BucketDeps): Promise<BucketWish> {
  const read = (ref: { readonly name: string } | undefined) => (ref === undefined ? undefined : reader.readSecret(ref.name));
  const tlsOf = async (ref: { readonly name: string } | undefined) => {
    const secret = await read(ref);
    return secret === undefined ? undefined : tlsFromSecret(secret);
  };
  const proxy = await read(spec.proxySecretRef);
  const { provider, bucketName, endpoint, region, insecure = false, sts } = spec;
  return {
    ...{ provider, bucketName, endpoint, region, insecure, checkAddress },
    secret: await read(spec.secretRef),
    tls: await tlsOf(spec.certSecretRef),
    proxy: proxy === undefined ? undefined : proxyFromSecret(proxy),
    sts: sts && {
      ...{ provider: sts.provider, endpoint: sts.endpoint },
      ...{ secret: await read(sts.secretRef), tls: await tlsOf(sts.certSecretRef) },
    },
    identity: await identityOf(spec, reader),
  };
}

async function identityOf({ serviceAccountName, sts }: Bucket['spec'], reader: AccessReader) {
  const endpoints = sts?.provider === 'aws' ? { sts: sts.endpoint } : {};
  if (serviceAccountName === undefined) return createCloudIdentity(undefined, endpoints);
  const { metadata } = await reader.readServiceAccount(serviceAccountName);
  const createToken = (audience: string) => reader.createToken(metadata.name, audience);
  const { namespace = '', name, annotations = {} } = metadata;
  return createCloudIdentity({ namespace, name, annotations, createToken }, endpoints);
}

function decide(resource: Bucket, seen: Seen): Plan {
  const known = resource.status?.artifact?.revision;
  const { revision } = seen.index;
  const isNew = known !== revision;
  const because = isNew ? `new upstream revision '${revision}'` : describeChange(resource, seen);
  if (because !== null) return { do: 'store', because, seen, isNew };
  return { do: 'nothing', because: `artifact up-to-date with remote revision: '${revision}'`, seen };
}

/** Why the artifact of a known revision has to be made once more. */
function describeChange({ spec, status = {} }: Bucket, { inMemory, isPublished }: Seen): string | null {
  if (!isPublished) return 'disappeared from storage';
  if (status.observedIgnore !== spec.ignore) return 'the ignore rules changed';
  return inMemory ? null : 'the artifact has to be made again';
}

async function act(plan: Plan, resource: Bucket, context: StepContext, deps: BucketDeps): Promise<Done> {
  const files = plan.seen.index.objects.length;
  if (plan.do === 'nothing') return { artifact: null, isNew: false, files };
  await context.progress(`building artifact: ${plan.because}`);
  const artifact = await fetchAll(plan.seen, resource, context, deps);
  const described = await deps.publish(refOf(resource), artifact, { hasLatest: true });
  deps.artifacts.put(refOf(resource), artifact);
  return { artifact: described, isNew: plan.isNew, files };
}

function fetchAll({ index }: Seen, resource: Bucket, context: StepContext, deps: BucketDeps) {
  const place = { source: refOf(resource), contents: deps.contents };
  return withBucket(resource, context, deps, (reader, signal) => fetchBucket(reader, index, { ...place, signal }));
}

/** The builds compare what the served revision yields: that one is put into memory where it is still what the bucket holds. */
async function preview({ seen }: Plan, resource: Bucket, context: StepContext, deps: BucketDeps): Promise<readonly Difference[]> {
  const served = resource.status?.artifact?.revision;
  const { revision } = seen.index;
  if (served !== revision) return [{ kind: 'source', message: `would store ${revision}; status has ${served ?? 'no artifact'}` }];
  if (!seen.inMemory) deps.artifacts.put(refOf(resource), await fetchAll(seen, resource, context, deps));
  return [];
}

function wordsOf({ spec }: Bucket, { files }: Done) {
  return {
    stored: (revision: string) => `stored artifact: revision '${revision}'`,
    event: `stored artifact with ${files} fetched files from '${spec.bucketName}' bucket`,
    verified: null,
    observed: { observedIgnore: spec.ignore ?? null },
  };
}
