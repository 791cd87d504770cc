import { hostname } from 'node:os';
import { request } from 'undici';
import { eventAnnotationPrefix } from '../api/index.ts';
import { type Clock, type EventNote, errorMessage, formatTime, type KubeObject, type Log } from '../core/index.ts';

/** Sends events on to whoever notifies people: Flux's notification-controller, or what speaks as it does. */
export interface EventForwarder {
  /** In the background; what cannot be delivered is logged and dropped. */
  forward(resource: KubeObject, note: EventNote, component: string): void;
  /** Resolves when everything taken so far was delivered or given up. */
  flush(): Promise<void>;
}

export interface EventForwarderOptions {
  /** Where notification-controller listens for events: its flag `--events-addr` of Flux. */
  readonly address: string;
  readonly clock: Clock;
  readonly log: Log;
}

const timeoutMs = 5000;
const retryDelaysMs = [500, 2000, 8000];
/** What waits while nobody answers; beyond it the oldest news are dropped. */
const waitingAtMost = 1000;
const messageAtMost = 39_000;

interface Waiting {
  readonly body: string;
  readonly about: { readonly kind: string; readonly name: string; readonly reason: string };
}

export function createEventForwarder({ address, clock, log }: EventForwarderOptions): EventForwarder {
  const waiting: Waiting[] = [];
  let running: Promise<void> | null = null;
  const to = describeAddress(address);

  async function drain(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await deliver(next).catch((error: unknown) =>
        log.warn('event could not be sent on', { ...next?.about, to, error: errorMessage(error) }),
      );
    running = null;
  }

  async function deliver({ body }: Waiting): Promise<void> {
    for (const delayMs of [...retryDelaysMs, null]) {
      const failure = await post(address, body);
      if (failure === null) return;
      if (delayMs === null || !failure.again) throw new Error(failure.because);
      await clock.sleep(delayMs);
    }
  }

  return {
    forward(resource, note, component) {
      if (note.trace === true) return;
      if (waiting.length >= waitingAtMost) {
        waiting.shift();
        log.warn('events wait for their receiver; the oldest was dropped', { to });
      }
      const about = { kind: resource.kind, name: resource.metadata.name, reason: note.reason };
      waiting.push({ body: JSON.stringify(eventOf(resource, note, component, clock.now())), about });
      running ??= drain();
    },
    flush: () => running ?? Promise.resolve(),
  };
}

/** Null where it was taken. A full quota (429) means that it was told before: it is not asked again. */
/** Without a login or a token, which an address may carry. */
function describeAddress(address: string): string {
  const url = URL.parse(address);
  return url === null ? 'the address of --events-addr' : `${url.origin}${url.pathname}`;
}

async function post(address: string, body: string): Promise<{ because: string; again: boolean } | null> {
  try {
    const headers = { 'content-type': 'application/json' };
    const answer = await request(address, { method: 'POST', headers, body, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
    await answer.body.dump();
    const { statusCode } = answer;
    if (statusCode < 300 || statusCode === 429) return null;
    return { because: `it answered ${statusCode}`, again: statusCode >= 500 };
  } catch (error) {
    return { because: errorMessage(error), again: true };
  }
}

/** The event as Flux's controllers send it; the object's own `event.toolkit.fluxcd.io/` annotations go along. */
function eventOf(resource: KubeObject, note: EventNote, component: string, now: number): object {
  const { name, namespace, uid, resourceVersion, annotations = {} } = resource.metadata;
  const own = Object.entries(annotations).filter(([key]) => key.startsWith(eventAnnotationPrefix));
  const metadata = { ...Object.fromEntries(own), ...note.metadata };
  return {
    involvedObject: { kind: resource.kind, namespace, name, uid, apiVersion: resource.apiVersion, resourceVersion },
    severity: note.type === 'Warning' ? 'error' : 'info',
    timestamp: formatTime(now),
    message: note.message.slice(0, messageAtMost),
    reason: note.reason,
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    reportingController: component,
    reportingInstance: hostname(),
  };
}
