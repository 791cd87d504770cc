import { SopsError } from './error.ts';
import { parseMetadata, type SopsMetadata } from './metadata.ts';
import { type Branch, branchOf, type Entry, plainValueOf, type TreeValue } from './tree.ts';

/** Where a format keeps the metadata: nested below `sops`, flat below `sops`, or flat with a prefix. */
export type MetadataPlace = 'nested' | 'flat section' | 'flat prefix';

export interface SopsDocument {
  /** Without the metadata. */
  readonly branches: readonly Branch[];
  readonly metadata: SopsMetadata;
}

/** Takes the metadata out of a document; those of the first branch count. Throws NOT_SOPS where there are none. */
export function takeMetadata(branches: readonly Branch[], place: MetadataPlace): SopsDocument {
  const isMetadata = ({ key }: Entry) => (place === 'flat prefix' ? key.startsWith('sops_') : key === 'sops');
  const found = (branches[0]?.entries ?? []).filter((entry) => entry.kind === 'entry').filter(isMetadata);
  if (found.length === 0) throw new SopsError('NOT_SOPS', 'it has no sops metadata');
  if (place !== 'flat prefix' && found.length > 1) throw new SopsError('METADATA_INVALID', 'sops metadata: they are there twice');
  const rest = branches.map(({ entries }) => branchOf(entries.filter((entry) => entry.kind === 'comment' || !isMetadata(entry))));
  return { branches: rest, metadata: parseMetadata(contentOf(found, place)) };
}

function contentOf(found: readonly Entry[], place: MetadataPlace): unknown {
  const [only] = found;
  if (place === 'nested') return plainValueOf(only?.value ?? null);
  const flat =
    place === 'flat prefix'
      ? found.map(({ key, value }) => [key.slice('sops_'.length), value] as const)
      : entriesOf(only?.value ?? null);
  return unflatten(flat.map(([key, value]) => [key, withLineBreaks(value, place)]));
}

function entriesOf(value: TreeValue): (readonly [string, TreeValue])[] {
  if (typeof value !== 'object' || value?.kind !== 'branch')
    throw new SopsError('METADATA_INVALID', 'sops metadata: sops is no section');
  return value.entries.filter((entry) => entry.kind === 'entry').map((entry) => [entry.key, entry.value] as const);
}

function withLineBreaks(value: TreeValue, place: MetadataPlace): unknown {
  return place === 'flat section' && typeof value === 'string' ? value.replaceAll('\\n', '\n') : plainValueOf(value);
}

type Node = Map<string, Node> | { readonly leaf: unknown };

/** `age__list_0__map_enc` → `{ age: [{ enc }] }`. */
function unflatten(flat: readonly (readonly [string, unknown])[]): unknown {
  const root: Node = new Map();
  for (const [key, leaf] of flat) {
    const steps = key.split(/(?=__(?:map|list)_)/);
    let node: Map<string, Node> = root;
    for (const step of steps.slice(0, -1)) node = descend(node, step);
    node.set(steps.at(-1) ?? '', { leaf });
  }
  return plainOf(root);
}

function descend(node: Map<string, Node>, step: string): Map<string, Node> {
  const next = node.get(step) ?? new Map<string, Node>();
  if (!(next instanceof Map))
    throw new SopsError('METADATA_INVALID', 'sops metadata: a key has both a value and something below it');
  node.set(step, next);
  return next;
}

function plainOf(node: Node): unknown {
  if (!(node instanceof Map)) return node.leaf;
  const steps = [...node].map(([step, inner]) => [step, plainOf(inner)] as const);
  if (!steps.every(([step]) => step.startsWith('__list_')))
    return Object.fromEntries(steps.map(([step, inner]) => [step.replace(/^__map_/, ''), inner]));
  return steps
    .map(([step, inner]) => [Number(step.slice('__list_'.length)), inner] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, inner]) => inner);
}
