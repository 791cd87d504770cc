import type { Kustomization } from '../api/index.ts';
import { type DependencyGraph, dependencyKeys, findCycleThrough } from '../apply/index.ts';
import { type Build, BuildError } from '../build/index.ts';
import {
  type Artifact,
  formatKey,
  type Instant,
  type KubeObject,
  nameOf,
  type SourceRef,
  type StepContext,
} from '../core/index.ts';
import { isArtifactLost } from '../source/index.ts';
import { buildKustomization } from './kustomization-build.ts';
import { findBadExpression, unready } from './kustomization-dependencies.ts';
import { type KustomizationDeps, KustomizationError } from './kustomization-deps.ts';
import { failureOf } from './kustomization-failure.ts';
import { activityOf, sourceRefOf } from './kustomization-spec.ts';
import { type SourceRevision, sourceRevisionOf } from './source-revision.ts';

/** What a run starts from. */
export type KustomizationSeen =
  | { readonly state: 'no artifact' }
  /** The source has a revision, but what it consists of is not in memory (a restart), or no longer in the state folder. */
  | { readonly state: 'lost artifact'; readonly source: SourceRef; readonly revision: string }
  | { readonly state: 'cycle'; readonly path: readonly string[] }
  /** An expression that can never be evaluated. */
  | { readonly state: 'bad expression'; readonly because: string }
  /** What it refers to is not for it. */
  | { readonly state: 'denied'; readonly because: string }
  | { readonly state: 'waiting'; readonly because: string; readonly of: SourceRevision }
  | {
      readonly state: 'built';
      readonly of: SourceRevision;
      readonly artifact: Artifact;
      readonly build: Build;
      readonly startedAt: Instant;
    };

/** Looks at source and dependencies, and builds once these are ready. Builds are content-addressed, so nothing is written. */
export async function lookAt(
  kustomization: Kustomization,
  context: StepContext,
  deps: Omit<KustomizationDeps, 'drift'>,
): Promise<KustomizationSeen> {
  const startedAt = context.clock.now();
  const source = sourceRefOf(kustomization);
  const denied = deps.noCrossNamespaceRefs === true && source.namespace !== nameOf(kustomization).namespace;
  if (denied) return { state: 'denied', because: describeDenied(source) };
  const found = deps.source(source);
  if (found === undefined) throw sourceMissing(kustomization, source);
  const all = deps.list();
  const mistake = await findBadExpression(kustomization, deps);
  if (mistake !== null) return { state: 'bad expression', because: mistake };
  const path = findCycle(kustomization, all);
  if (path !== null) return { state: 'cycle', path };
  const of = sourceRevisionOf(found);
  if (of === undefined) return { state: 'no artifact' };
  const { revision } = of;
  const because = await unready(kustomization, all, { revision, deps });
  if (because !== null) return { state: 'waiting', because, of };
  await deps.obtainArtifact?.(source, found, context.signal);
  const artifact = deps.artifacts.get(source, revision);
  if (artifact === null) return { state: 'lost artifact', source, revision };
  context.progress(activityOf('Building manifests', kustomization, of));
  const build = await buildOrFail(kustomization, artifact, { of, context, deps, startedAt });
  if (build !== null) return { state: 'built', of, artifact, build, startedAt };
  deps.artifacts.drop(source);
  return { state: 'lost artifact', source, revision };
}

/** Null where the artifact has to be made again: the state folder was deleted or spoilt underneath. */
async function buildOrFail(
  kustomization: Kustomization,
  artifact: Artifact,
  {
    of,
    context,
    deps,
    startedAt,
  }: { of: SourceRevision; context: StepContext; deps: Omit<KustomizationDeps, 'drift'>; startedAt: Instant },
): Promise<Build | null> {
  try {
    return await buildKustomization(kustomization, artifact, {
      builder: deps.builder,
      home: deps.home,
      decryption: deps.decryption,
      signal: context.signal,
    });
  } catch (error) {
    context.signal.throwIfAborted();
    if (isArtifactLost(error)) return null;
    // A path that is not there is no attempt at the revision.
    const isAttempt = !(error instanceof BuildError && error.code === 'PATH_MISSING');
    throw failureOf(kustomization, error, { of, isAttempt, startedAt, now: context.clock.now() });
  }
}

/** In Flux's words. */
function describeDenied({ kind, namespace, name }: SourceRef): string {
  return `can't access '${kind}/${namespace}/${name}', cross-namespace references have been blocked`;
}

function sourceMissing(kustomization: Kustomization, { kind, name, namespace }: SourceRef): KustomizationError {
  const message = `${kind.toLowerCase().replace(/y$/, 'ie')}s.source.toolkit.fluxcd.io "${name}" not found in namespace ${namespace}; create it or mend spec.sourceRef`;
  return new KustomizationError(
    'SOURCE_MISSING',
    message,
    { reason: 'ArtifactFailed', transient: false },
    { cause: kustomization.metadata.name },
  );
}

/** Who depends on nobody is on no cycle. */
function findCycle(kustomization: Kustomization, all: readonly Kustomization[]): readonly string[] | null {
  if ((kustomization.spec.dependsOn ?? []).length === 0) return null;
  return findCycleThrough(formatKey(nameOf(kustomization)), graphOf(all));
}

function graphOf(all: readonly Kustomization[]): DependencyGraph {
  return new Map(all.map((one) => [formatKey(nameOf(one)), dependencyKeys(one as KubeObject)]));
}
