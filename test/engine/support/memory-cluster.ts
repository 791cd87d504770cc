import {
  type Cluster,
  type KubeObject,
  type ObjectRef,
  type PatchOptions,
  refOf,
  TagalongError,
  type WatchEvent,
} from '../../../src/core/index.ts';
import { applyMergePatch } from '../../../src/engine/index.ts';

export interface SentPatch {
  readonly ref: ObjectRef;
  readonly body: unknown;
  readonly options: PatchOptions;
}

/** The port to a Kubernetes API in memory: as much of it as the engine speaks to. */
export interface MemoryCluster extends Cluster {
  readonly patches: readonly SentPatch[];
  readonly created: readonly KubeObject[];
  /** Somebody writes an object; the watch tells of it unless `silent`. */
  put(object: KubeObject, options?: { silent?: boolean }): KubeObject;
  remove(ref: ObjectRef, options?: { silent?: boolean }): void;
  /** Sends a watch event as it is, such as an old one. */
  tell(event: WatchEvent): void;
  /** The next patches are answered with these errors instead. */
  failPatches(...codes: readonly string[]): void;
  /** Called before a patch is answered. */
  onPatch: (patch: SentPatch) => void | Promise<void>;
  find(name: string): KubeObject;
}

const keyOf = ({ kind, name }: { kind: string; name: string }) => `${kind}/${name}`;

export function createMemoryCluster(): MemoryCluster {
  const objects = new Map<string, KubeObject>();
  const observers = new Map<string, (event: WatchEvent) => void>();
  const patches: SentPatch[] = [];
  const created: KubeObject[] = [];
  const failures: string[] = [];
  let version = 0;
  const store = (object: KubeObject, silent = false) => {
    const key = keyOf(refOf(object));
    version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    const type = objects.has(key) ? 'modified' : 'added';
    objects.set(key, stored);
    if (!silent) observers.get(object.kind)?.({ type, object: structuredClone(stored) });
    return structuredClone(stored);
  };
  const unused = async () => {
    throw new Error('the engine does not speak of this');
  };
  const cluster: MemoryCluster = {
    server: 'memory',
    patches,
    created,
    onPatch: () => {},
    put: (object, { silent = false } = {}) => {
      const before = objects.get(keyOf(refOf(object)));
      const uid = object.metadata.uid ?? before?.metadata.uid ?? `uid-${version}`;
      return store({ ...object, metadata: { generation: 1, ...object.metadata, uid } }, silent);
    },
    remove(ref, { silent = false } = {}) {
      const object = objects.get(keyOf(ref));
      objects.delete(keyOf(ref));
      if (object !== undefined && !silent) observers.get(ref.kind)?.({ type: 'deleted', object });
    },
    tell: (event) => {
      const kind = event.type === 'synced' ? (event.objects[0]?.kind ?? '') : event.object.kind;
      observers.get(kind)?.(event);
    },
    failPatches: (...codes) => void failures.push(...codes),
    find(name) {
      const found = [...objects.values()].find(({ metadata }) => metadata.name === name);
      if (found === undefined) throw new Error(`${name} is not there`);
      return found;
    },
    watch: (kind, { signal }, observer) =>
      new Promise((resolve) => {
        observers.set(kind.kind, observer);
        observer({ type: 'synced', objects: structuredClone([...objects.values()].filter((one) => one.kind === kind.kind)) });
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
    get: async (ref) => structuredClone(objects.get(keyOf(ref)) ?? null),
    async patch(ref, body, options) {
      const sent = { ref, body: structuredClone(body), options };
      patches.push(sent);
      await cluster.onPatch(sent);
      const failure = failures.shift();
      if (failure !== undefined) throw new TagalongError(failure, `the API says ${failure}`);
      const before = objects.get(keyOf(ref));
      if (before === undefined) throw new TagalongError('NOT_FOUND', `${keyOf(ref)} not found`);
      const { resourceVersion, ...metadata } = (body as { metadata?: { resourceVersion?: string } }).metadata ?? {};
      if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
        throw new TagalongError('CONFLICT', 'the object has been modified');
      const merged = applyMergePatch(before, { ...(body as object), metadata }) as KubeObject;
      const isGone = merged.metadata.deletionTimestamp !== undefined && (merged.metadata.finalizers ?? []).length === 0;
      if (isGone) cluster.remove(ref);
      return isGone ? merged : store(merged);
    },
    create: async (object) => {
      created.push(object);
      return store(object, true);
    },
    resource: unused,
    list: unused,
    apply: unused,
    delete: unused,
    createToken: unused,
    impersonate: () => cluster,
    close: async () => {},
  };
  return cluster;
}
