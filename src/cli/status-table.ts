import type { KubeObject } from '../core/index.ts';
import { conditionOf, type KindView, readyOf } from './kind-views.ts';
import { formatTable } from './table.ts';

export interface TableLook {
  readonly allNamespaces: boolean;
  readonly showHeader: boolean;
  /** `imagepolicy/web` in place of `web`, where tables of several kinds stand together. */
  readonly prefixNames: boolean;
  /** A column SOURCE for what has one. */
  readonly showSource?: boolean;
  /** With reason and time of creation, and hex at full length. */
  readonly isWide?: boolean;
  /** A column CONTEXT, where several are looked at. */
  readonly showContext?: boolean;
  /** Which one an object is from. */
  readonly contextOf?: (object: KubeObject) => string;
}

/** Objects of one kind as flux's `get` shows them. */
export function formatStatusTable(view: KindView, objects: readonly KubeObject[], look: TableLook): string {
  const columns = [
    ...leadingColumns(view, look),
    ...view.columns,
    ...closingColumns,
    ...(look.isWide === true ? wideColumns : []),
  ];
  const headers = look.showHeader ? columns.map(({ header }) => header) : null;
  const shorten = view.shortensHex && look.isWide !== true ? shortenHex : (text: string) => text;
  return formatTable(
    headers,
    objects.map((object) => columns.map(({ cell }) => shorten(cell(object)))),
  );
}

type Column = KindView['columns'][number];

const closingColumns: readonly Column[] = [
  { header: 'READY', cell: (object) => readyOf(object).status },
  { header: 'MESSAGE', cell: describeMessage },
];

const wideColumns: readonly Column[] = [
  { header: 'REASON', cell: (object) => readyOf(object).reason },
  { header: 'CREATED', cell: ({ metadata }) => metadata.creationTimestamp ?? '' },
];

/** What Ready says; of a paused object first until when, which the other columns do not tell. */
function describeMessage(object: KubeObject): string {
  const { message } = readyOf(object);
  const paused = conditionOf(object, 'Paused');
  return paused?.status === 'True' ? `paused ${paused.message}; ${message}` : message;
}

function leadingColumns({ served }: KindView, look: TableLook): Column[] {
  const { allNamespaces, prefixNames, showSource = false, showContext = false, contextOf = () => '' } = look;
  const context: Column = { header: 'CONTEXT', cell: contextOf };
  const prefix = prefixNames ? `${served.kind.toLowerCase()}/` : '';
  const namespace: Column = { header: 'NAMESPACE', cell: ({ metadata }) => metadata.namespace ?? '' };
  const name: Column = { header: 'NAME', cell: ({ metadata }) => `${prefix}${metadata.name}` };
  const source: Column = { header: 'SOURCE', cell: describeSource };
  return [...(showContext ? [context] : []), ...(allNamespaces ? [namespace] : []), name, ...(showSource ? [source] : [])];
}

function describeSource({ metadata, spec }: KubeObject): string {
  const { kind, namespace, name } = (spec as { sourceRef: { kind: string; namespace?: string; name: string } }).sourceRef;
  return `${kind}/${namespace ?? metadata.namespace}/${name}`;
}

/** Digests and commits at eight digits. */
export function shortenHex(text: string): string {
  return text.replace(/\b[a-f0-9]{40,128}\b/g, (hex) => hex.slice(0, 8));
}
