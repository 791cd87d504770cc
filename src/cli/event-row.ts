import { servedKinds } from '../api/index.ts';
import { type Instant, type KubeObject, parseApiVersion } from '../core/index.ts';
import { formatAge } from './format-age.ts';

/** An Event of the cluster, as far as it is shown. */
export interface ShownEvent {
  readonly namespace: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly kind: string;
  readonly name: string;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly count: number;
}

interface EventFields {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string } | null;
  readonly involvedObject?: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string };
}

const groups = new Set(servedKinds.map(({ group }) => group));

/** Null for an Event about what is not ours to tell of. */
export function readEvent(object: KubeObject): ShownEvent | null {
  const { involvedObject = {}, series, ...event } = object as KubeObject & EventFields;
  if (!groups.has(parseApiVersion(involvedObject.apiVersion ?? '').group)) return null;
  const created = object.metadata.creationTimestamp;
  return {
    namespace: object.metadata.namespace ?? '',
    type: event.type ?? '',
    reason: event.reason ?? '',
    message: event.message ?? '',
    kind: involvedObject.kind ?? '',
    name: involvedObject.name ?? '',
    firstAt: timeOf(event.firstTimestamp, event.eventTime, created),
    lastAt: timeOf(series?.lastObservedTime, event.lastTimestamp, event.eventTime, created),
    count: series?.count ?? event.count ?? 1,
  };
}

function timeOf(...texts: readonly (string | null | undefined)[]): Instant {
  return texts.map((text) => Date.parse(text ?? '')).find((instant) => !Number.isNaN(instant)) ?? 0;
}

export const eventHeaders = ['last seen', 'type', 'reason', 'object', 'message'];

/** The cells below `eventHeaders`. */
export function eventCells({ type, reason, message, kind, name, ...seen }: ShownEvent, now: Instant): string[] {
  const last = formatAge(now - seen.lastAt);
  const often = seen.count > 1 ? ` (x${seen.count} over ${formatAge(now - seen.firstAt)})` : '';
  return [`${last}${often}`, type, reason, `${kind}/${name}`, message];
}
