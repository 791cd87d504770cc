import type { KubeObject } from '../../core/index.ts';
import { builtInKinds } from './built-in-kinds.ts';
import { createCustomKinds } from './custom-kinds.ts';
import type { ResourceType } from './resource-type.ts';

/** All resources that are served right now. */
export class KindRegistry {
  readonly #byPath = new Map<string, ResourceType>();
  readonly #byKind = new Map<string, ResourceType>();
  readonly #custom = new Map<string, readonly ResourceType[]>();
  /** Moves whenever the set of resources does; caches of discovery and OpenAPI compare it. */
  revision = 0;

  constructor() {
    for (const type of builtInKinds) this.#add(type);
  }

  /** The resource at /apis/<group>/<version>/<plural>. */
  find(group: string, version: string, plural: string): ResourceType | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  findKind(group: string, version: string, kind: string): ResourceType | undefined {
    return this.#byKind.get(`${group}/${version}/${kind}`);
  }

  /** Any served version of what is kept under `storage`. */
  findStorage(storage: string): ResourceType | undefined {
    for (const type of this.#byPath.values()) if (type.storage === storage && type.version === type.storageVersion) return type;
    for (const type of this.#byPath.values()) if (type.storage === storage) return type;
    return undefined;
  }

  all(): readonly ResourceType[] {
    return [...this.#byPath.values()];
  }

  /** Serves the definition's kinds instead of those it asked for before. */
  serve(definition: KubeObject): void {
    this.withdraw(definition.metadata.name);
    const types = createCustomKinds(definition);
    this.#custom.set(definition.metadata.name, types);
    for (const type of types) this.#add(type);
    this.revision += 1;
  }

  /** Stops serving what the definition of that name asked for. */
  withdraw(definitionName: string): void {
    for (const type of this.#custom.get(definitionName) ?? []) {
      this.#byPath.delete(`${type.group}/${type.version}/${type.plural}`);
      this.#byKind.delete(`${type.group}/${type.version}/${type.kind}`);
    }
    if (this.#custom.delete(definitionName)) this.revision += 1;
  }

  #add(type: ResourceType): void {
    this.#byPath.set(`${type.group}/${type.version}/${type.plural}`, type);
    this.#byKind.set(`${type.group}/${type.version}/${type.kind}`, type);
  }
}
