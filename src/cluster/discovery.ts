import { type ApiResource, type Clock, formatApiVersion, type GroupVersionKind, type Instant } from '../core/index.ts';
import { notWhatWasAsked } from './check-answer.ts';
import { ClusterError } from './error.ts';
import type { Transport } from './transport.ts';

/** What a server serves, asked group-version by group-version and remembered. */
export interface Discovery {
  /** Null when the server does not serve the kind; found out at most a second ago. */
  find(kind: GroupVersionKind): Promise<ApiResource | null>;
  /** As `find`, but a missing kind is NOT_FOUND, in the words Flux uses. */
  require(kind: GroupVersionKind): Promise<ApiResource>;
  /** What was remembered turned out to be wrong: the next `find` asks again. */
  forget(kind: GroupVersionKind): void;
}

interface Known {
  readonly resources: readonly ApiResource[];
  readonly at: Instant;
}

const minRefreshMs = 1000;

/** Discovery over a transport. A miss asks again, but each group-version at most once a second; a caller within it waits for the rest. */
export function createDiscovery(transport: Transport, clock: Clock): Discovery {
  const known = new Map<string, Known>();
  const asking = new Map<string, Promise<Known>>();

  const ask = (groupVersion: string, kind: GroupVersionKind): Promise<Known> => {
    const running = asking.get(groupVersion);
    if (running !== undefined) return running;
    const waitMs = Math.max(0, (known.get(groupVersion)?.at ?? Number.NEGATIVE_INFINITY) + minRefreshMs - clock.now());
    const asked = (async () => {
      if (waitMs > 0) await clock.sleep(waitMs);
      const answer = { resources: await fetchResources(transport, kind), at: clock.now() };
      known.set(groupVersion, answer);
      return answer;
    })().finally(() => asking.delete(groupVersion));
    asking.set(groupVersion, asked);
    return asked;
  };

  const find = async (kind: GroupVersionKind): Promise<ApiResource | null> => {
    const groupVersion = formatApiVersion(kind);
    const pick = (entry: Known | undefined) => entry?.resources.find((resource) => resource.kind === kind.kind);
    return pick(known.get(groupVersion)) ?? pick(await ask(groupVersion, kind)) ?? null;
  };

  return {
    find,
    async require(kind) {
      const resource = await find(kind);
      if (resource !== null) return resource;
      throw new ClusterError('NOT_FOUND', `no matches for kind "${kind.kind}" in version "${formatApiVersion(kind)}"`);
    },
    forget(kind) {
      const entry = known.get(formatApiVersion(kind));
      if (entry !== undefined) known.set(formatApiVersion(kind), { ...entry, resources: [] });
    },
  };
}

interface ResourceEntry {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs?: readonly string[];
}

async function fetchResources(transport: Transport, { group, version }: GroupVersionKind): Promise<ApiResource[]> {
  const encoded = [group, version].map(encodeURIComponent);
  const path = group === '' ? `/api/${encoded[1]}` : `/apis/${encoded[0]}/${encoded[1]}`;
  try {
    const answer = (await transport.send({ method: 'GET', path })) as {
      kind?: unknown;
      resources?: readonly ResourceEntry[];
    } | null;
    if (answer?.kind !== 'APIResourceList' || !Array.isArray(answer.resources))
      throw notWhatWasAsked(`GET ${transport.server}${path}`, 'a list of resources');
    // Names with a slash are subresources, which repeat the kind of something else.
    return (answer.resources as readonly ResourceEntry[])
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced, verbs }) => ({ group, version, kind, resource: name, namespaced, verbs: verbs ?? [] }));
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}
