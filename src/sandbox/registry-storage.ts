import { createHash } from 'node:crypto';

export interface StoredManifest {
  readonly type: string;
  readonly bytes: Buffer;
}

/** One repository of the sandbox registry, by digest. */
export interface StoredRepository {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, StoredManifest>;
  /** Tag → manifest digest. */
  readonly tags: Map<string, string>;
}

/** All the registry holds, in memory. */
export interface RegistryStorage {
  find(name: string): StoredRepository | undefined;
  /** The repository, made on the first push to it. */
  open(name: string): StoredRepository;
  /** In byte order. */
  names(): string[];
}

export function createRegistryStorage(): RegistryStorage {
  const repositories = new Map<string, StoredRepository>();
  return {
    find: (name) => repositories.get(name),
    open: (name) => {
      const repository = repositories.get(name) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() };
      repositories.set(name, repository);
      return repository;
    },
    names: () => sortBytes(repositories.keys()),
  };
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Tags and names are ASCII, for which byte order is the order of UTF-16 units. */
export function sortBytes(texts: Iterable<string>): string[] {
  return [...texts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
