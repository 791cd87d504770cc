import { type Bucket, bucketKind } from '../api/index.ts';
import { type CheckAddress, createCloudIdentity, proxyFromSecret, tlsFromSecret } from '../auth/index.ts';
import { type BucketReader, type BucketWish, openBucket } from '../bucket/index.ts';
import { type Cluster, type Difference, errorMessage, type Reconciler, type StepContext, TagalongError } from '../core/index.ts';
import { SourceError } from '../source/index.ts';
import { type BucketIndex, fetchBucket, listBucket } from './bucket-content.ts';
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
import { type AccessReader, clusterReader } from './registry-access.ts';
import { reportSource, type SourceDone } from './source-report.ts';
import { sourceTimeoutMs } from './source-spec.ts';

export interface BucketDeps extends ContentSourceDeps {
  readonly cluster: Cluster;
  readonly checkAddress: CheckAddress;
}

interface Seen extends ArtifactPresence {
  readonly index: BucketIndex;
}

type Plan = StorePlan<Seen>;

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
    finalize: (resource, context) => forgetSource(resource, context, deps),
  };
}

async function observe(resource: Bucket, context: StepContext, deps: BucketDeps): Promise<Seen> {
  const { prefix = '', ignore } = resource.spec;
  const index = await withBucket(resource, context, deps, (reader, signal) => listBucket(reader, { prefix, ignore }, signal));
  return {
    index,
    ...(await presenceOf(resource, index.revision, deps)),
  };
}

/** Opens the bucket for one look at it, which has to end within `spec.timeout`. */
async function withBucket<T>(
  resource: Bucket,
  { signal }: StepContext,
  deps: BucketDeps,
  look: (reader: BucketReader, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeoutMs = sourceTimeoutMs(resource.spec);
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
  return decideStore(resource, seen.index.revision, seen);
}

async function act(plan: Plan, resource: Bucket, context: StepContext, deps: BucketDeps): Promise<Done> {
  const files = plan.seen.index.objects.length;
  if (plan.do === 'nothing') return { artifact: null, collected: await collectOld(resource, null, deps), files };
  context.progress(`building artifact: ${plan.because}`);
  const artifact = await fetchAll(plan.seen, resource, context, deps);
  const described = await deps.publish(sourceRefOf(resource), artifact, { hasLatest: true });
  deps.artifacts.put(sourceRefOf(resource), artifact);
  return { artifact: described, collected: await collectOld(resource, described, deps), files };
}

function fetchAll({ index }: Seen, resource: Bucket, context: StepContext, deps: BucketDeps) {
  const place = { source: sourceRefOf(resource), contents: deps.contents };
  return withBucket(resource, context, deps, (reader, signal) => fetchBucket(reader, index, { ...place, signal }));
}

/** The builds compare what the served revision yields: that one is put into memory where it is still what the bucket holds. */
async function preview({ seen }: Plan, resource: Bucket, context: StepContext, deps: BucketDeps): Promise<readonly Difference[]> {
  const served = resource.status?.artifact?.revision;
  const { revision } = seen.index;
  if (served !== revision) return [{ kind: 'source', message: `would store ${revision}; status has ${served ?? 'no artifact'}` }];
  if (!seen.inMemory) deps.artifacts.put(sourceRefOf(resource), await fetchAll(seen, resource, context, deps));
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
