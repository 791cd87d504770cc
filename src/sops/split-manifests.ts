import { SopsError } from './error.ts';
import { readJson } from './read-json.ts';
import { readYaml } from './read-yaml.ts';
import { type Branch, isComment, type TreeValue, textOf } from './tree.ts';

/** Documents that sops encrypted together: what one MAC is about. */
export interface EncryptedTogether {
  /** As it stands in the metadata. */
  readonly mac: string;
  /** Whether it is a List, whose metadata its items do not have. */
  readonly isList: boolean;
  /** With their metadata. */
  readonly branches: readonly Branch[];
}

/** Every document of a manifest file, encrypted or not. Throws DOCUMENT_INVALID. */
export function readManifests(bytes: Buffer): Branch[] {
  const text = textOf(bytes);
  if (typeof text !== 'string') throw new SopsError('DOCUMENT_INVALID', 'it is not UTF-8');
  return /^\s*\{/.test(text) && !/^---/m.test(text) ? readJson(text) : readYaml(text);
}

/** What is encrypted in a manifest file: files that sops encrypted one by one may have been put together, also as items of a List. */
export function splitManifests(branches: readonly Branch[]): EncryptedTogether[] {
  const found = new Map<string, { mac: string; isList: boolean; branches: Branch[] }>();
  for (const branch of branches.flatMap((document) => (macOf(document) === null ? itemsOf(document) : [document]))) {
    const mac = macOf(branch);
    if (mac === null) continue;
    const together = found.get(mac) ?? { mac, isList: isListOf(branch), branches: [] };
    together.branches.push(branch);
    found.set(mac, together);
  }
  return [...found.values()];
}

function macOf(branch: Branch): string | null {
  const sops = fieldOf(branch, 'sops');
  const mac = isBranch(sops) ? fieldOf(sops, 'mac') : null;
  return typeof mac === 'string' ? mac : null;
}

function itemsOf(branch: Branch): Branch[] {
  const items = isListOf(branch) ? fieldOf(branch, 'items') : null;
  if (typeof items !== 'object' || items?.kind !== 'list') return [];
  return items.items
    .filter((item): item is Branch => !isComment(item) && isBranch(item))
    .flatMap((item) => [item, ...itemsOf(item)]);
}

function isListOf(branch: Branch): boolean {
  const kind = fieldOf(branch, 'kind');
  return typeof kind === 'string' && kind.endsWith('List');
}

function isBranch(value: TreeValue): value is Branch {
  return typeof value === 'object' && value?.kind === 'branch';
}

function fieldOf(branch: Branch, name: string): TreeValue {
  for (const entry of branch.entries) if (entry.kind === 'entry' && entry.key === name) return entry.value;
  return null;
}
