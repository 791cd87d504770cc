import type { KubeObject } from '../../core/index.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { ApiStatus, badRequest, expired } from '../objects/api-status.ts';
import type { ObjectApi } from '../objects/object-api.ts';
import type { ObjectTable } from '../objects/object-table.ts';
import { type Matcher, parseFieldSelector, parseLabelSelector } from '../objects/selectors.ts';
import { fromStorage } from '../objects/versions.ts';

export interface ListAnswer {
  readonly items: readonly KubeObject[];
  readonly metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
}

interface Token {
  /** The resourceVersion of the first page: later pages show the same state. */
  readonly version: number;
  readonly after: string;
}

/** The list that the query asks for: selected, at the version it names, a page of it. */
export function listObjects(api: ObjectApi, type: ResourceType, namespace: string, query: URLSearchParams): ListAnswer {
  const token = parseToken(query.get('continue'));
  const limit = parseLimit(query.get('limit'));
  const version = token?.version ?? exactVersion(api.table, query);
  const matches = createMatcher(type, query);
  const all = version === null ? api.table.list(type.storage, namespace) : snapshot(api.table, type, namespace, version);
  const rest = token === null ? all : all.filter((object) => sortKey(object) > token.after);
  const matching = rest.map((object) => fromStorage(type, object)).filter(matches);
  const shown = version ?? api.table.version;
  if (limit === 0 || matching.length <= limit) return { items: matching, metadata: { resourceVersion: String(shown) } };
  return cutPage(matching, limit, shown, query);
}

function cutPage(matching: readonly KubeObject[], limit: number, version: number, query: URLSearchParams): ListAnswer {
  const items = matching.slice(0, limit);
  const last = items.at(-1);
  const token: Token = { version, after: last === undefined ? '' : sortKey(last) };
  const isSelected = query.get('labelSelector') || query.get('fieldSelector');
  return {
    items,
    metadata: {
      resourceVersion: String(version),
      continue: Buffer.from(JSON.stringify(token)).toString('base64url'),
      ...(!isSelected && { remainingItemCount: matching.length - limit }),
    },
  };
}

/** The order of lists: by namespace, then by name. */
function sortKey({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}\u0000${metadata.name}`;
}

/** Selects by labels and fields; throws 400 for what is no selector. */
export function createMatcher(type: ResourceType, query: URLSearchParams): Matcher {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', type);
  return (object) => labels(object) && fields(object);
}

function parseLimit(text: string | null): number {
  const limit = Number(text ?? 0);
  if (!Number.isSafeInteger(limit) || limit < 0) throw badRequest(`invalid limit ${JSON.stringify(text)}`);
  return limit;
}

function parseToken(text: string | null): Token | null {
  if (text === null || text === '') return null;
  try {
    const { version, after } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (Number.isSafeInteger(version) && typeof after === 'string') return { version, after };
  } catch {
    // refused below
  }
  throw badRequest('continue key is not valid: it was not made by this server');
}

/** Null: the newest state will do. */
function exactVersion(table: ObjectTable, query: URLSearchParams): number | null {
  const version = parseVersion(query.get('resourceVersion'));
  const match = query.get('resourceVersionMatch');
  if (match !== null && match !== '' && match !== 'Exact' && match !== 'NotOlderThan')
    throw badRequest(`resourceVersionMatch ${JSON.stringify(match)} is not supported`);
  if (match && version === null) throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (version !== null && version > table.version) throw tooLarge(version, table.version);
  return match === 'Exact' ? version : null;
}

/** Null where none is given. */
export function parseVersion(text: string | null): number | null {
  if (text === null || text === '') return null;
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

export function tooLarge(version: number, current: number): ApiStatus {
  const message = `Too large resource version: ${version}, current: ${current}`;
  return new ApiStatus(504, 'Timeout', message, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** The objects as they were at `version`: the newest ones with later writes taken back. */
function snapshot(table: ObjectTable, type: ResourceType, namespace: string, version: number): KubeObject[] {
  const events = table.since(type.storage, version);
  if (events === null)
    throw expired(
      `The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the resourceVersion of a newer list.`,
    );
  if (events.length === 0) return table.list(type.storage, namespace);
  const objects = new Map(table.list(type.storage, namespace).map((object) => [sortKey(object), object]));
  for (const { before, object } of events.toReversed()) {
    if (namespace !== '' && object.metadata.namespace !== namespace) continue;
    if (before === null) objects.delete(sortKey(object));
    else objects.set(sortKey(object), before);
  }
  return [...objects.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}
