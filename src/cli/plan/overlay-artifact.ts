import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../../core/index.ts';

/** The artifact as it would be with other contents of some of its files; no file comes or goes. */
export function overlayArtifact(artifact: Artifact, changed: ReadonlyMap<string, Buffer>): Artifact {
  const below = (path: string) => [...changed].filter(([file]) => path === '' || file === path || file.startsWith(`${path}/`));
  return {
    ...artifact,
    revision: `${artifact.revision}+edits`,
    async contentKey(path) {
      const key = await artifact.contentKey(path);
      const own = below(path);
      if (key === null || own.length === 0) return key;
      const hash = createHash('sha256').update(key);
      for (const [file, content] of own) hash.update(`\0${file}\0`).update(content);
      return hash.digest('hex');
    },
    async files(path) {
      const files = await artifact.files(path);
      return files.map((file) => {
        const content = changed.get(file.path);
        return content === undefined ? file : { ...file, read: async () => content };
      });
    },
    async extract() {
      const extracted = await artifact.extract();
      const there = new Set((await artifact.files('')).map((file) => file.path));
      for (const [file, content] of changed) if (there.has(file)) await writeFile(join(extracted.folder, file), content);
      return extracted;
    },
  };
}
