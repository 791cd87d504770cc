import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../../core/index.ts';
import { apiVersionOf } from '../kinds/resource-type.ts';
import { ApiStatus, badRequest, expired } from '../objects/api-status.ts';
import type { ObjectApi } from '../objects/object-api.ts';
import type { TableEvent } from '../objects/object-table.ts';
import type { Matcher } from '../objects/selectors.ts';
import { fromStorage } from '../objects/versions.ts';
import { createMatcher, parseVersion } from './list-objects.ts';
import { type Presentation, presentObject } from './present.ts';

export interface WatchRequest {
  readonly api: ObjectApi;
  readonly presentation: Presentation;
  readonly namespace: string;
  readonly query: URLSearchParams;
}

/** A client that does not read is cut off rather than buffered for. */
const maxBufferedBytes = 64 * 1024 * 1024;
const bookmarkEveryMs = 60_000;

/** Streams what happens to the selected objects until the client goes, the time is up or `signal` aborts. */
export function watchObjects(request: WatchRequest, response: ServerResponse, signal: AbortSignal): void {
  const { api, query } = request;
  const { type } = request.presentation;
  const matches = createMatcher(type, query);
  const start = planStart(request);
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const send = (line: string) => {
    // Its time was up, and the connection is not closed yet: a write would be an error that nobody catches.
    if (response.writableEnded) return;
    response.write(line);
    if (response.writableLength > maxBufferedBytes) response.destroy();
  };
  if (start instanceof ApiStatus) {
    send(formatLine('ERROR', JSON.stringify(start.toBody())));
    response.end();
    return;
  }
  for (const object of start.initial.filter(matches))
    send(formatLine('ADDED', JSON.stringify(presentObject(object, request.presentation))));
  if (start.endsInitial) send(bookmark(request, true));
  const tell = (event: TableEvent) => {
    const line = describeEvent(event, request, matches);
    if (line !== null) send(line);
  };
  for (const event of start.missed) tell(event);
  const unsubscribe = api.table.subscribe(type.storage, tell);
  stopLater(request, response, signal, send, unsubscribe);
}

interface Start {
  readonly initial: readonly KubeObject[];
  readonly endsInitial: boolean;
  readonly missed: readonly TableEvent[];
}

function planStart({ api, query, namespace, presentation: { type } }: WatchRequest): Start | ApiStatus {
  const version = parseVersion(query.get('resourceVersion'));
  const sendsInitial = query.get('sendInitialEvents');
  if (sendsInitial !== null && query.get('resourceVersionMatch') !== 'NotOlderThan')
    throw badRequest('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  if (sendsInitial === null && query.get('resourceVersionMatch'))
    throw badRequest('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  const wantsInitial = sendsInitial === 'true' || (sendsInitial === null && (version === null || version === 0));
  if (wantsInitial)
    return {
      initial: api.list(type, namespace),
      endsInitial: sendsInitial === 'true' && query.get('allowWatchBookmarks') === 'true',
      missed: [],
    };
  const missed = api.table.since(type.storage, version ?? api.table.version);
  if (missed === null) return expired(`too old resource version: ${version} (${api.table.version})`);
  return { initial: [], endsInitial: false, missed };
}

/** The object's text is the same for all who watch it alike. */
const texts = new WeakMap<TableEvent, Map<string, string>>();

function describeEvent(event: TableEvent, { presentation, namespace }: WatchRequest, matches: Matcher): string | null {
  if (namespace !== '' && event.object.metadata.namespace !== namespace) return null;
  const { type } = presentation;
  const isIn = event.type !== 'DELETED' && matches(fromStorage(type, event.object));
  const wasIn = event.before !== null && matches(fromStorage(type, event.before));
  if (!isIn && !wasIn) return null;
  return formatLine(
    isIn ? (wasIn ? 'MODIFIED' : 'ADDED') : 'DELETED',
    textOf(event, presentation, isIn || event.type === 'DELETED'),
  );
}

/** One that was deselected is told as it was last seen, with the new resourceVersion. */
function textOf(event: TableEvent, presentation: Presentation, isCurrent: boolean): string {
  const { type, shape, includeObject } = presentation;
  const key = `${type.version} ${shape} ${includeObject} ${isCurrent}`;
  const known = texts.get(event) ?? new Map<string, string>();
  texts.set(event, known);
  let text = known.get(key);
  if (text === undefined) {
    const object = isCurrent || event.before === null ? event.object : withVersion(event.before, event.version);
    text = JSON.stringify(presentObject(fromStorage(type, object), presentation));
    known.set(key, text);
  }
  return text;
}

function withVersion(object: KubeObject, version: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

function formatLine(type: string, object: string): string {
  return `{"type":"${type}","object":${object}}\n`;
}

function bookmark({ api, presentation }: WatchRequest, endsInitial = false): string {
  const { type, shape } = presentation;
  const annotations = endsInitial ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const metadata = { resourceVersion: String(api.table.version), creationTimestamp: null, ...annotations };
  const own = { kind: type.kind, apiVersion: apiVersionOf(type), metadata };
  const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
  const table = {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: metadata.resourceVersion },
    columnDefinitions: [],
    rows: [{ cells: [], object: partial }],
  };
  return formatLine('BOOKMARK', JSON.stringify(shape === 'object' ? own : shape === 'metadata' ? partial : table));
}

function stopLater(
  request: WatchRequest,
  response: ServerResponse,
  signal: AbortSignal,
  send: (line: string) => void,
  unsubscribe: () => void,
): void {
  const { api, query } = request;
  const wantsBookmarks = query.get('allowWatchBookmarks') === 'true';
  const seconds = Number(query.get('timeoutSeconds')) || 1800 + Math.floor(Math.random() * 1800);
  const end = () => {
    if (wantsBookmarks) send(bookmark(request));
    response.end();
  };
  const cancelEnd = api.clock.schedule(seconds * 1000, end);
  let cancelBookmark = () => {};
  const remind = () => {
    send(bookmark(request));
    cancelBookmark = api.clock.schedule(bookmarkEveryMs, remind);
  };
  if (wantsBookmarks) cancelBookmark = api.clock.schedule(bookmarkEveryMs, remind);
  signal.addEventListener('abort', end, { once: true });
  response.once('close', () => {
    unsubscribe();
    cancelEnd();
    cancelBookmark();
    signal.removeEventListener('abort', end);
  });
}
