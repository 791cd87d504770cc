import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { errorMessage, type FileProblem } from '../../core/index.ts';
import { decodeText } from '../../edit/index.ts';
import { type PolicyObject, readPolicyText } from '../../policies/index.ts';
import { breathe, filesPerBreath, findFiles } from '../read-marker-files.ts';
import type { Terminal } from '../terminal.ts';

/** A YAML file of a tree. */
export interface TreeFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly text: string;
}

/** Every file of YAML below `root`, one after another, so that a tree of any size is read; progress where a person looks. */
export async function* readTree(root: string, problems: FileProblem[], terminal: Terminal): AsyncGenerator<TreeFile> {
  const paths = await findFiles(root, problems);
  for (const [index, path] of paths.entries()) {
    if (index > 0 && index % filesPerBreath === 0) {
      terminal.status(`${index} of ${paths.length} files`);
      await breathe();
    }
    const file = path.split(sep).join('/');
    try {
      const bytes = readFileSync(join(root, path));
      const decoded = decodeText(file, bytes);
      if (decoded.kind === 'text') yield { path: file, bytes, text: decoded.text };
      else problems.push(decoded.problem);
    } catch (error) {
      problems.push({ file, message: errorMessage(error) });
    }
  }
  terminal.status('');
}

/** The objects of the bot's own kinds in a file; what else stands there is none of ours. */
export function objectsOf({ path, text }: TreeFile, namespace: string): readonly PolicyObject[] {
  if (!/\b(toolkit\.fluxcd\.io|tagalong\.dev)\//.test(text)) return [];
  return readPolicyText({ file: path, text, namespace }).objects;
}
