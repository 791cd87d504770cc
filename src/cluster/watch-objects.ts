import type { ApiResource, Clock, KubeObject, Log, WatchEvent, WatchOptions } from '../core/index.ts';
import { errorMessage } from '../core/index.ts';
import { isNamed, notWhatWasAsked } from './check-answer.ts';
import { ClusterError } from './error.ts';
import { readJsonLines } from './json-lines.ts';
import { completed, listObjects, metadataAccept } from './read-objects.ts';
import { collectionPath } from './resource-path.ts';
import { watchStatusError } from './status-error.ts';
import type { Transport } from './transport.ts';
import { backoffMs, type WatchTimes } from './watch-times.ts';

export interface WatchParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly times: WatchTimes;
}

type Observer = (event: WatchEvent) => void;

/** Where the watch stands: null means that everything has to be listed again. */
interface Position {
  resourceVersion: string | null;
  /** Failures in a row, for the backoff. */
  failures: number;
}

/**
 * Lists and watches until `signal` aborts, and then resolves. Every listing is told as `synced`; between two of them no event is
 * lost, since each connection resumes at the version the last one reached. Rejects with FORBIDDEN, NOT_FOUND or UNSUPPORTED alone.
 */
export async function watchObjects(
  parts: WatchParts,
  resource: ApiResource,
  options: WatchOptions,
  observer: Observer,
): Promise<void> {
  const { signal } = options;
  const position: Position = { resourceVersion: null, failures: 0 };
  const tell = guarded(observer, parts.log, resource);
  while (!signal.aborted) {
    try {
      if (position.resourceVersion === null) await syncOnce(parts, resource, { options, position, tell });
      await followOnce(parts, resource, { options, position, tell });
    } catch (error) {
      if (signal.aborted) return;
      if (isFinal(error)) throw error;
      await recover(parts, resource, { error, position, options });
    }
  }
}

interface Run {
  readonly options: WatchOptions;
  readonly position: Position;
  readonly tell: Observer;
}

async function syncOnce({ transport }: WatchParts, resource: ApiResource, { options, position, tell }: Run): Promise<void> {
  const { items, resourceVersion } = await listObjects(transport, resource, options);
  position.resourceVersion = resourceVersion;
  tell({ type: 'synced', objects: items });
}

async function followOnce({ transport, times, clock }: WatchParts, resource: ApiResource, run: Run): Promise<void> {
  const { namespace, labelSelector, fieldSelector, metadataOnly, signal } = run.options;
  const startedAt = clock.now();
  const timeoutMs = times.minMs + Math.random() * (times.maxMs - times.minMs);
  const { chunks } = await transport.stream(
    {
      method: 'GET',
      path: collectionPath(resource, namespace),
      query: {
        labelSelector,
        fieldSelector,
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: run.position.resourceVersion ?? '',
        timeoutSeconds: String(Math.ceil(timeoutMs / 1000)),
      },
      accept: metadataOnly ? metadataAccept('PartialObjectMetadata') : 'application/json',
      signal,
    },
    times.idleMs,
  );
  let told = 0;
  for await (const line of readJsonLines(chunks)) {
    told += 1;
    takeLine(line, resource, run);
    // Not before: a server whose every watch begins with an error is asked slower and slower.
    run.position.failures = 0;
  }
  // Ended in order, but at once and without a word: a proxy or a server in trouble; not to be asked in a tight loop.
  if (told === 0 && clock.now() - startedAt < 1000)
    throw new ClusterError('UNREACHABLE', `the watch of ${resource.resource} ended at once`);
}

function takeLine(line: unknown, resource: ApiResource, { options, position, tell }: Run): void {
  const { type, object } = (line ?? {}) as { type?: unknown; object?: KubeObject };
  if (type === 'ERROR') throw watchStatusError(object, `watching ${resource.resource}`);
  if (type !== 'BOOKMARK' && !isNamed(object)) {
    position.resourceVersion = null; // whatever it stood for has to be listed
    throw notWhatWasAsked(`watching ${resource.resource}`, 'an event');
  }
  if (object?.metadata == null) return;
  // The position moves first: an event that was told is not told again after a reconnect.
  position.resourceVersion = object.metadata.resourceVersion ?? position.resourceVersion;
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') return; // a BOOKMARK only moves the position
  const names = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const;
  tell({ type: names[type], object: completed(object, resource, options.metadataOnly === true) });
}

async function recover(
  { clock, log, times }: WatchParts,
  resource: ApiResource,
  { error, position, options }: { error: unknown; position: Position; options: WatchOptions },
): Promise<void> {
  const { signal, onInterrupted } = options;
  const expired = error instanceof ClusterError && error.code === 'GONE';
  if (expired) position.resourceVersion = null;
  else onInterrupted?.(error);
  const waitMs = Math.max(backoffMs(times, position.failures), askedWaitMs(error));
  position.failures += 1;
  log.debug('a watch was interrupted', {
    resource: resource.resource,
    group: resource.group,
    error: errorMessage(error),
    waitMs,
  });
  // An abort while waiting ends the watch like any other abort.
  await clock.sleep(expired && position.failures === 1 ? 0 : waitMs, signal).catch(() => {});
}

function askedWaitMs(error: unknown): number {
  return error instanceof ClusterError && typeof error.retry === 'object' ? error.retry.afterMs : 0;
}

function isFinal(error: unknown): boolean {
  return (
    error instanceof ClusterError && (error.code === 'FORBIDDEN' || error.code === 'NOT_FOUND' || error.code === 'UNSUPPORTED')
  );
}

// An observer that throws must not look like a broken connection, which would tell it the same again for ever.
function guarded(observer: Observer, log: Log, resource: ApiResource): Observer {
  return (event) => {
    try {
      observer(event);
    } catch (error) {
      log.error('an observer of a watch failed', { resource: resource.resource, error: errorMessage(error) });
    }
  };
}
