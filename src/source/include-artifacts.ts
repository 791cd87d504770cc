import { createHash } from 'node:crypto';
import type { Artifact, ArtifactFile } from '../core/index.ts';
import { createArtifact, type KeyedFile, normalisePath } from './create-artifact.ts';

/** `spec.include`: another artifact's folder laid over this one. */
export interface IncludedArtifact {
  readonly artifact: Artifact;
  /** Folder of the included artifact; '' is its root. */
  readonly fromPath: string;
  /** Where it goes. */
  readonly toPath: string;
}

/** The artifact with others' files copied over its own, in their order: the last one that has a path wins. The revision stays. */
export function includeArtifacts(base: Artifact, includes: readonly IncludedArtifact[]): Artifact {
  return createArtifact({
    revision: base.revision,
    ...(base.commit === undefined ? {} : { commit: base.commit }),
    async list() {
      const files = new Map<string, KeyedFile>();
      for (const file of await keyFiles(base, '')) files.set(file.path, file);
      for (const { artifact, fromPath, toPath } of includes) {
        const from = normalisePath(fromPath);
        for (const file of await keyFiles(artifact, from)) {
          const path = normalisePath(`${toPath}/${file.path.slice(from.length)}`);
          files.set(path, { ...file, path });
        }
      }
      return [...files.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
    },
  });
}

async function keyFiles(artifact: Artifact, path: string): Promise<KeyedFile[]> {
  const files = await artifact.files(path);
  return Promise.all(
    files.map(async (file) => ({
      path: file.path,
      executable: file.executable,
      read: () => file.read(),
      key: await keyOf(file),
    })),
  );
}

async function keyOf(file: ArtifactFile | KeyedFile): Promise<string> {
  return 'key' in file
    ? file.key
    : createHash('sha256')
        .update(await file.read())
        .digest('hex');
}
