import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isMap, isScalar, parseAllDocuments, type YAMLMap } from 'yaml';
import type { KubeObject } from '../../core/index.ts';
import type { PlannedFile } from './planned-commit.ts';

export interface SuspendedFiles {
  readonly files: readonly PlannedFile[];
  /** Whose manifests were not found in the checkout. */
  readonly missing: readonly KubeObject[];
}

/** Puts `suspend: true` into the manifests of these objects, wherever they stand in a checkout; every other byte stays. */
export async function suspendInFiles(root: string, objects: readonly KubeObject[]): Promise<SuspendedFiles> {
  const missing = new Set(objects);
  const files: PlannedFile[] = [];
  for (const file of await findYamlFiles(root)) {
    const before = await readFile(file, 'utf8');
    let after = before;
    for (const object of missing) {
      const changed = suspendIn(after, object);
      if (changed === null) continue;
      after = changed;
      missing.delete(object);
    }
    if (after !== before) files.push({ path: relative(root, file).replaceAll('\\', '/'), before, after });
  }
  return { files, missing: [...missing] };
}

async function findYamlFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/[/\\](\.git|node_modules)[/\\]/.test(file))
    .toSorted();
}

/** Null where the object is not in the text. */
function suspendIn(text: string, object: KubeObject): string | null {
  // A file that mentions neither is not worth parsing.
  if (!text.includes(object.kind) || !text.includes(object.metadata.name)) return null;
  for (const document of parseAllDocuments(text)) {
    if (!('contents' in document) || !isMap(document.contents) || document.errors.length > 0) continue;
    if (!isManifestOf(document.toJS(), object)) continue;
    const spec = document.contents.get('spec');
    return isMap(spec) ? suspendSpec(text, spec) : null;
  }
  return null;
}

/** A manifest without a namespace gets one from its kustomization: name and kind have to do. */
function isManifestOf(value: unknown, { kind, metadata }: KubeObject): boolean {
  const found = value as { kind?: string; metadata?: { name?: string; namespace?: string } };
  const { namespace = metadata.namespace } = found.metadata ?? {};
  return found.kind === kind && found.metadata?.name === metadata.name && namespace === metadata.namespace;
}

function suspendSpec(text: string, spec: YAMLMap): string | null {
  const known = spec.get('suspend', true);
  if (isScalar(known) && known.range !== null && known.range !== undefined)
    return `${text.slice(0, known.range[0])}true${text.slice(known.range[1])}`;
  const [first] = spec.items;
  const at = (first?.key as { range?: [number, number, number] } | undefined)?.range?.[0];
  if (at === undefined || spec.flow === true) return null;
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return `${text.slice(0, start)}${text.slice(start, at)}suspend: true\n${text.slice(start)}`;
}
