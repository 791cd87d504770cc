import { createHash } from 'node:crypto';
import { eventAnnotationPrefix } from '../api/index.ts';
import {
  type Clock,
  type Cluster,
  type EventNote,
  errorMessage,
  formatTime,
  type KubeObject,
  type Log,
  TagalongError,
} from '../core/index.ts';

export interface EventRecorder {
  /**
   * Writes a core/v1 Event on `resource` in the background; the same text again within the hour raises the first one's count, that of a
   * trace once in five minutes. Where many wait they are written slowly: what they tell of goes first.
   */
  record(resource: KubeObject, note: EventNote): void;
  /** Resolves when everything recorded so far was written or given up. */
  flush(): Promise<void>;
}

interface Known {
  readonly name: string;
  count: number;
  /** When it was last told. */
  at: number;
  readonly until: number;
}

const rememberMs = 60 * 60_000;
const rememberAtMost = 4096;
/** Traces come at each interval; Flux's recorder lets through as much. */
const traceEveryMs = 5 * 60_000;
/** With more than these waiting, most of the time is left to other requests. */
const calmAtMost = 16;
const restRatio = 2;

/** Events written to `cluster` under `component`, in order. An event that cannot be written is logged and dropped: it is only news. */
export function createEventRecorder(options: { cluster: Cluster; component: string; clock: Clock; log: Log }): EventRecorder {
  const { cluster, component, clock, log } = options;
  const known = new Map<string, Known>();
  let queue: Promise<void> = Promise.resolve();
  let waiting = 0;
  let flushing = 0;

  async function write(resource: KubeObject, note: EventNote, at: number): Promise<void> {
    const key = hashOf(resource, note);
    const seen = known.get(key);
    if (seen !== undefined && note.trace === true && at - seen.at < traceEveryMs) return;
    if (seen !== undefined && seen.until > at && (await raiseCount(resource, seen, at))) return;
    const name = `${resource.metadata.name}.${key.slice(0, 16)}${clock.now().toString(16)}`;
    await cluster.create(eventObject(resource, note, name, component, formatTime(at)));
    if (known.size >= rememberAtMost) known.clear();
    known.set(key, { name, count: 1, at, until: at + rememberMs });
  }

  async function writeAndRest(resource: KubeObject, note: EventNote, at: number): Promise<void> {
    const startedAt = clock.now();
    try {
      await write(resource, note, at);
    } finally {
      waiting -= 1;
      if (waiting > calmAtMost && flushing === 0) await clock.sleep((clock.now() - startedAt) * restRatio);
    }
  }

  async function raiseCount(resource: KubeObject, seen: Known, at: number): Promise<boolean> {
    const ref = { group: '', version: 'v1', kind: 'Event', namespace: resource.metadata.namespace ?? 'default', name: seen.name };
    try {
      seen.count += 1;
      seen.at = at;
      await cluster.patch(ref, { count: seen.count, lastTimestamp: formatTime(at) }, { type: 'merge' });
      return true;
    } catch {
      // Events expire on the server: write it anew.
      return false;
    }
  }

  return {
    record(resource, note) {
      const at = clock.now();
      waiting += 1;
      queue = queue
        .then(() => writeAndRest(resource, note, at))
        .catch((error: unknown) => {
          const fields = { reason: note.reason, error: errorMessage(error) };
          if (isNamespaceGoing(error)) log.debug('event was not written: its namespace goes', fields);
          else log.warn('event could not be written', fields);
        });
    },
    async flush() {
      flushing += 1;
      await queue;
      flushing -= 1;
    },
  };
}

/** Nothing new is taken by a namespace that is being deleted, and its objects still have their ends to tell of. */
function isNamespaceGoing(error: unknown): boolean {
  if (!(error instanceof TagalongError)) return false;
  // As a Kubernetes API tells it: https://github.com/kubernetes/api/blob/master/core/v1/types.go, NamespaceTerminatingCause.
  const { causes = [] } = error as { readonly causes?: readonly { readonly reason?: string }[] };
  return error.code === 'NOT_FOUND' || causes.some(({ reason }) => reason === 'NamespaceTerminating');
}

function hashOf(resource: KubeObject, note: EventNote): string {
  return createHash('sha256')
    .update(JSON.stringify([resource.metadata.uid, note.type, note.reason, note.message]))
    .digest('hex');
}

function eventObject(resource: KubeObject, note: EventNote, name: string, component: string, time: string): KubeObject {
  const namespace = resource.metadata.namespace ?? 'default';
  const { uid, resourceVersion } = resource.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace, annotations: { ...ownAnnotations(resource), ...note.metadata } },
    involvedObject: {
      apiVersion: resource.apiVersion,
      kind: resource.kind,
      name: resource.metadata.name,
      namespace,
      uid,
      resourceVersion,
    },
    type: note.type,
    reason: note.reason,
    // The API refuses messages of more than a kibibyte.
    message: note.message.length > 1024 ? `${note.message.slice(0, 1020)}...` : note.message,
    source: { component },
    reportingComponent: component,
    reportingInstance: component,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}

/** A resource's own annotations for its events, whoever reads them. */
function ownAnnotations(resource: KubeObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(resource.metadata.annotations ?? {}).filter(([name]) => name.startsWith(eventAnnotationPrefix)),
  );
}
