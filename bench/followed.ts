import type { Cluster, GroupVersionKind, KubeObject } from '../src/core/index.ts';

/** What of a status the scenarios look at, of whatever kind. */
export interface SeenStatus {
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  readonly artifact?: { readonly revision?: string };
  readonly lastAppliedRevision?: string;
  readonly lastHandledReconcileAt?: string;
  readonly latestRef?: { readonly tag?: string };
  readonly webhookPath?: string;
}

/** The objects of some kinds as the API tells of them, and the moments at which something became true of them. */
export class Followed implements Disposable {
  readonly synced: Promise<unknown>;
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<() => void>();
  readonly #stopping = new AbortController();

  constructor(cluster: Cluster, kinds: readonly GroupVersionKind[]) {
    this.synced = Promise.all(kinds.map((kind) => this.#follow(cluster, kind)));
  }

  find(kind: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${kind}/${name}`);
  }

  statusOf(kind: string, name: string): SeenStatus | undefined {
    return this.find(kind, name)?.['status'] as SeenStatus | undefined;
  }

  isReady(kind: string, name: string): boolean {
    return this.statusOf(kind, name)?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  }

  /** Resolves with the time (of `performance.now`) at which the API told of it. */
  async until(what: string, holds: () => boolean, timeoutMs = 120_000): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const look = () => (holds() ? resolve(performance.now()) : undefined);
    const timer = setTimeout(
      () => reject(new Error(`${what} took more than ${timeoutMs} ms; ${this.#describeUnready()}`)),
      timeoutMs,
    );
    this.#listeners.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  [Symbol.dispose](): void {
    this.#stopping.abort();
  }

  #follow(cluster: Cluster, kind: GroupVersionKind): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    void cluster.watch(kind, { signal: this.#stopping.signal }, (event) => {
      if (event.type === 'synced')
        for (const object of event.objects) this.#objects.set(`${kind.kind}/${object.metadata.name}`, object);
      else if (event.type === 'deleted') this.#objects.delete(`${kind.kind}/${event.object.metadata.name}`);
      else this.#objects.set(`${kind.kind}/${event.object.metadata.name}`, event.object);
      if (event.type === 'synced') resolve();
      for (const listener of [...this.#listeners]) listener();
    });
    return promise;
  }

  #describeUnready(): string {
    const unready = [...this.#objects].filter(
      ([, { kind, metadata }]) => kind !== 'Deployment' && !this.isReady(kind, metadata.name),
    );
    const [first] = unready;
    if (first === undefined) return 'everything is ready';
    return `${unready.length} are not ready, such as ${first[0]}: ${JSON.stringify(first[1]['status'])}`;
  }
}
