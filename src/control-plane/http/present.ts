import type { KubeObject } from '../../core/index.ts';
import { apiVersionOf, type ResourceType } from '../kinds/resource-type.ts';
import type { Shape } from './negotiate.ts';
import { createTable } from './table.ts';

export interface Presentation {
  readonly type: ResourceType;
  readonly shape: Shape;
  readonly now: number;
  /** What rows of a table carry beside their cells: `Metadata` (default), `Object` or `None`. */
  readonly includeObject: string;
}

/** One object as the client wants to see it. */
export function presentObject(object: KubeObject, presentation: Presentation): unknown {
  if (presentation.shape === 'table')
    return createTable(presentation, [object], { resourceVersion: object.metadata.resourceVersion });
  return presentation.shape === 'metadata' ? partialMetadata(object) : object;
}

/** A list as the client wants to see it. */
export function presentList(items: readonly KubeObject[], listMeta: object, presentation: Presentation): unknown {
  const { type, shape } = presentation;
  if (shape === 'table') return createTable(presentation, items, listMeta);
  if (shape === 'metadata')
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: listMeta,
      items: items.map(partialMetadata),
    };
  return {
    apiVersion: apiVersionOf(type),
    items: type.custom ? items : items.map(withoutKind),
    kind: type.listKind,
    metadata: listMeta,
  };
}

/** Lists of built-in kinds say kind and version once, for all their items. */
function withoutKind({ apiVersion: _apiVersion, kind: _kind, ...rest }: KubeObject): object {
  return rest;
}

export function partialMetadata({ metadata }: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}
