import { type Dirent, promises as files, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { errorMessage, type FileProblem } from '../core/index.ts';
import { decodeText, type FoundMarkers, findMarkers, isMarkerFile, mayHaveMarkers } from '../edit/index.ts';

/** A file below the folder that has markers. */
export interface MarkerFile extends Pick<FoundMarkers, 'markers'> {
  /** From the folder, with `/`. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly text: string;
}

export interface MarkerFiles {
  readonly files: readonly MarkerFile[];
  readonly problems: readonly FileProblem[];
  /** What is no hindrance, and may still be a surprise. */
  readonly warnings: readonly FileProblem[];
}

/** How much text without markers is looked at for syntax: enough to notice a slip, too little to be waited for. */
const checkedAtMostBytes = 1024 * 1024;

/** Small files are read at once, which costs a fifth of asking for them; after so many, signals are looked after. */
export const filesPerBreath = 200;

/** Lets signals and timers have their turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Every marker below `root`, a real path. Never follows a symbolic link, never looks into `.git`. */
export async function readMarkerFiles(root: string): Promise<MarkerFiles> {
  const found = {
    files: [] as MarkerFile[],
    problems: [] as FileProblem[],
    warnings: [] as FileProblem[],
    checkable: checkedAtMostBytes,
  };
  const paths = await findFiles(root, found.problems);
  for (const [index, path] of paths.entries()) {
    if (index % filesPerBreath === 0) await breathe();
    readFile(root, path, found);
  }
  return found;
}

/** The markers of one file below `root`, and what is wrong in it. */
export async function readMarkersOf(root: string, path: string): Promise<MarkerFiles> {
  const found = { files: [] as MarkerFile[], problems: [] as FileProblem[], warnings: [] as FileProblem[], checkable: 0 };
  readFile(root, path, found);
  return found;
}

/** Paths of the files below `root` in which markers are looked for, in order; links that leave the folder are problems. */
export async function findFiles(root: string, problems: FileProblem[]): Promise<string[]> {
  const paths: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await listFolder(root, folder, problems)) {
      const path = join(folder, entry.name);
      if (entry.name === '.git') continue;
      if (entry.isSymbolicLink()) await checkLink(root, path, problems);
      else if (entry.isDirectory()) await visit(path);
      else if (entry.isFile() && isMarkerFile(slashed(path))) paths.push(path);
    }
  };
  await visit('');
  return paths.sort();
}

async function listFolder(root: string, folder: string, problems: FileProblem[]): Promise<Dirent[]> {
  try {
    return await files.readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    problems.push({ file: slashed(folder), message: errorMessage(error) });
    return [];
  }
}

/** What a link inside the folder points at is found at its own path; what leaves the folder is refused. */
async function checkLink(root: string, path: string, problems: FileProblem[]): Promise<void> {
  const target = await files.realpath(join(root, path)).catch(() => null);
  if (target === null) return;
  const way = relative(root, target);
  const leaves = way === '..' || way.startsWith(`..${sep}`);
  const matters = isMarkerFile(slashed(path)) || (await files.stat(target)).isDirectory();
  if (leaves && matters)
    problems.push({ file: slashed(path), message: 'a symbolic link that leaves the folder is not followed' });
}

function readFile(
  root: string,
  path: string,
  found: { files: MarkerFile[]; problems: FileProblem[]; warnings: FileProblem[]; checkable: number },
): void {
  const file = slashed(path);
  try {
    const bytes = readFileSync(join(root, path));
    if (!mayHaveMarkers(bytes)) return checkSyntax(file, bytes, found);
    const decoded = decodeText(file, bytes);
    if (decoded.kind === 'problem') {
      found.problems.push(decoded.problem);
      return;
    }
    const { markers, problems } = findMarkers(file, decoded.text);
    found.problems.push(...problems);
    if (markers.length > 0) found.files.push({ path: file, bytes, text: decoded.text, markers });
  } catch (error) {
    found.problems.push({ file, message: errorMessage(error) });
  }
}

/** A file that does not parse hinders nobody here, but whoever applies it. Templates of other tools are not meant to parse. */
function checkSyntax(file: string, bytes: Buffer, found: { warnings: FileProblem[]; checkable: number }): void {
  found.checkable -= bytes.length;
  if (found.checkable < 0 || bytes.includes('{{')) return;
  const decoded = decodeText(file, bytes);
  if (decoded.kind === 'text') found.warnings.push(...findMarkers(file, decoded.text).problems);
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
