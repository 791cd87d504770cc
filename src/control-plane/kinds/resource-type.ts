import type { Schema } from '../schema/schema.ts';

/** One resource in one served version: what is in URLs, and how its objects look. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Whether status is written through its own subresource only. */
  readonly hasStatus: boolean;
  readonly hasFinalize: boolean;
  readonly scale: ScalePaths | null;
  readonly schema: Schema;
  readonly columns: readonly PrinterColumn[];
  /** From a CustomResourceDefinition. */
  readonly custom: boolean;
  /** Versions of one resource share their objects: `group/plural`. */
  readonly storage: string;
  /** The version objects are kept in. */
  readonly storageVersion: string;
}

export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  /** Custom kinds only; the cells of built-in kinds are computed. */
  readonly jsonPath?: string;
}

export const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

export function apiVersionOf({ group, version }: Pick<ResourceType, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}
