import type { KubeObject } from '../../core/index.ts';
import type { PrinterColumn } from '../kinds/resource-type.ts';
import { builtInCells } from './built-in-cells.ts';
import { columnCell } from './column-cell.ts';
import { type Presentation, partialMetadata } from './present.ts';

/** A `Table` of meta.k8s.io/v1: what `kubectl get` prints. */
export function createTable(presentation: Presentation, objects: readonly KubeObject[], listMeta: object): object {
  const { type } = presentation;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: listMeta,
    columnDefinitions: type.columns.map(describeColumn),
    rows: objects.map((object) => ({ cells: createCells(presentation, object), object: rowObject(presentation, object) })),
  };
}

function describeColumn({ name, type, format = '', description = '', priority = 0 }: PrinterColumn): object {
  return { name, type, format, description, priority };
}

function rowObject({ includeObject }: Presentation, object: KubeObject): unknown {
  if (includeObject === 'Object') return object;
  return includeObject === 'None' ? null : partialMetadata(object);
}

function createCells({ type, now }: Presentation, object: KubeObject): unknown[] {
  if (type.custom)
    return type.columns.map((column) => (column.jsonPath === undefined ? object.metadata.name : columnCell(column, object, now)));
  const cells = builtInCells(type, object, now);
  return type.columns.map(({ name }) => cells[name] ?? '<none>');
}
