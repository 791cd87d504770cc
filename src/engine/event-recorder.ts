import { createHash } from 'node:crypto';
import { eventAnnotationPrefix } from '../api/index.ts';
import { type Clock, type Cluster, type EventNote, errorMessage, formatTime, type KubeObject, type Log } from '../core/index.ts';

export interface EventRecorder {
  /** Writes a core/v1 Event on `resource` in the background; the same text again within the hour raises the first one's count. */
  record(resource: KubeObject, note: EventNote): void;
  /** Resolves when everything recorded so far was written or given up. */
  flush(): Promise<void>;
}

interface Known {
  readonly name: string;
  count: number;
  readonly until: number;
}

const rememberMs = 60 * 60_000;
const rememberAtMost = 4096;

/** Events written to `cluster` under `component`, in order. An event that cannot be written is logged and dropped: it is only news. */
export function createEventRecorder(options: { cluster: Cluster; component: string; clock: Clock; log: Log }): EventRecorder {
  const { cluster, component, clock, log } = options;
  const known = new Map<string, Known>();
  let queue: Promise<void> = Promise.resolve();

  async function write(resource: KubeObject, note: EventNote): Promise<void> {
    const key = hashOf(resource, note);
    const seen = known.get(key);
    if (seen !== undefined && seen.until > clock.now() && (await raiseCount(resource, seen))) return;
    const name = `${resource.metadata.name}.${key.slice(0, 16)}${clock.now().toString(16)}`;
    await cluster.create(eventObject(resource, note, name, component, formatTime(clock.now())));
    if (known.size >= rememberAtMost) known.clear();
    known.set(key, { name, count: 1, until: clock.now() + rememberMs });
  }

  async function raiseCount(resource: KubeObject, seen: Known): Promise<boolean> {
    const ref = { group: '', version: 'v1', kind: 'Event', namespace: resource.metadata.namespace ?? 'default', name: seen.name };
    try {
      seen.count += 1;
      await cluster.patch(ref, { count: seen.count, lastTimestamp: formatTime(clock.now()) }, { type: 'merge' });
      return true;
    } catch {
      // Events expire on the server: write it anew.
      return false;
    }
  }

  return {
    record(resource, note) {
      queue = queue
        .then(() => write(resource, note))
        .catch((error: unknown) => log.warn('event could not be written', { reason: note.reason, error: errorMessage(error) }));
    },
    flush: () => queue,
  };
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
