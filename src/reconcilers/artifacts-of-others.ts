import {
  type Artifact,
  type ArtifactStatus,
  type Artifacts,
  errorMessage,
  type KubeObject,
  type SourceRef,
  TagalongError,
} from '../core/index.ts';
import type { ArtifactFetcher } from '../source/index.ts';
import { KustomizationError } from './kustomization-deps.ts';

export interface OthersOptions {
  readonly artifacts: Artifacts;
  readonly fetcher: Pick<ArtifactFetcher, 'fetch'>;
  /** Whether this process makes the artifact of the source itself. */
  isOurs(ref: SourceRef, source: KubeObject): boolean;
}

/** Artifacts that another process makes and serves (Flux's source-controller, another shard, the producer of an ExternalArtifact). */
export interface ArtifactsOfOthers {
  /** Downloads the artifact that status tells of, unless it is here already; for everybody who asks at the same time once. */
  obtain(ref: SourceRef, source: KubeObject, signal: AbortSignal): Promise<void>;
}

interface Known {
  readonly digest: string;
  readonly revision: string;
}

export function createArtifactsOfOthers({ artifacts, fetcher, isOurs }: OthersOptions): ArtifactsOfOthers {
  const known = new Map<string, Known>();
  const downloads = new Map<string, Promise<Artifact>>();
  const download = (ref: SourceRef, status: ArtifactStatus, id: string): Promise<Artifact> => {
    const running = downloads.get(id);
    if (running !== undefined) return running;
    // Nobody's own signal: others may wait for the same bytes.
    const started = fetcher.fetch(ref, status, AbortSignal.timeout(downloadMs)).finally(() => downloads.delete(id));
    started.catch(() => {});
    downloads.set(id, started);
    return started;
  };
  return {
    async obtain(ref, source, signal) {
      const status = artifactStatusOf(source);
      if (status === undefined || isOurs(ref, source)) return;
      const key = `${ref.kind}/${ref.namespace}/${ref.name}`;
      const { digest, revision } = status;
      const last = known.get(key);
      const isHere = last?.digest === digest && last.revision === revision && artifacts.get(ref, revision) !== null;
      if (isHere) return;
      const artifact = await untilAborted(download(ref, status, `${key} ${digest} ${revision}`), signal).catch(
        (error: unknown) => {
          signal.throwIfAborted();
          throw describeFailure(error);
        },
      );
      artifacts.put(ref, artifact);
      known.set(key, { digest, revision });
    },
  };
}

const downloadMs = 300_000;

function artifactStatusOf(source: KubeObject): ArtifactStatus | undefined {
  const artifact = (source['status'] as { artifact?: Partial<ArtifactStatus> } | undefined)?.artifact;
  const isWhole =
    typeof artifact?.url === 'string' && typeof artifact.digest === 'string' && typeof artifact.revision === 'string';
  return isWhole ? (artifact as ArtifactStatus) : undefined;
}

async function untilAborted<T>(task: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([task, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const transientCodes = new Set(['SERVER_AWAY', 'ARTIFACT_NOT_FOUND']);

function describeFailure(error: unknown): KustomizationError {
  const retry = error instanceof TagalongError && typeof error.retry === 'object' ? { retry: error.retry } : {};
  const transient = error instanceof TagalongError && transientCodes.has(error.code);
  return new KustomizationError(
    'FAILED',
    errorMessage(error),
    { reason: 'ArtifactFailed', transient },
    { cause: error, ...retry },
  );
}
