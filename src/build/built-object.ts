import type { KubeObject } from '../core/index.ts';

/** Where an object stands in the artifact; a line from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

/** An object that a build yields. It may be shared between builds: whoever wants to change it copies it first. */
export interface BuiltObject {
  readonly object: KubeObject;
  /** Null where kustomize made it. */
  readonly origin: Origin | null;
}

export interface Build {
  /** In kustomize's order; never empty. */
  readonly objects: readonly BuiltObject[];
  /** `sha256:<hex>` of what `kustomize build` prints: equal to Flux's `status.history[].digest`. */
  readonly digest: string;
  /** Changes when anything that was read changes. */
  readonly key: string;
  /** Texts that were decrypted for it: no message may carry them. */
  readonly revealed: ReadonlySet<string>;
}

/** `file:line`, or what else tells where an object comes from. */
export function describeOrigin(origin: Origin | null): string {
  return origin === null ? 'kustomize' : `${origin.file}:${origin.line}`;
}
