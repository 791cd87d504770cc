import type { NewCommit, Oid } from '../core/index.ts';
import { checkOid, checkPath } from './check-name.ts';
import { GitError } from './error.ts';
import type { ObjectReader } from './object-reader.ts';
import { type Repository, runGit } from './run-git.ts';
import { type TreeRow, TreeWriter } from './tree-writer.ts';
import { writeBlobs } from './write-blobs.ts';

/** A folder of changes: file name → blob (null deletes), folder name → its changes. Names are bytes, in latin1. */
interface Changes {
  readonly path: string;
  readonly files: Map<string, Oid | null>;
  readonly folders: Map<string, Changes>;
}

/**
 * Writes the changed blobs, the trees on the way to them and the commit; everything else is taken over by its oid, so the cost
 * does not depend on the size of the repository. Touches no ref.
 */
export async function writeCommit(repository: Repository, reader: ObjectReader, commit: NewCommit): Promise<Oid> {
  for (const path of commit.files.keys()) checkPath(path);
  const { tree: base } = await reader.commit(commit.parent);
  const changes = groupByFolder(await writeBlobs(repository, commit.files));
  using writer = new TreeWriter(repository);
  const tree = (await rewriteTree({ reader, writer }, base, changes)) ?? (await writer.write([]));
  return commitTree(repository, tree, commit);
}

function groupByFolder(blobs: ReadonlyMap<string, Oid | null>): Changes {
  const root: Changes = { path: '', files: new Map(), folders: new Map() };
  for (const [path, oid] of blobs) {
    const parts = path.split('/').map((part) => Buffer.from(part).toString('latin1'));
    const name = parts.pop() ?? '';
    folderAt(root, parts).files.set(name, oid);
  }
  return root;
}

function folderAt(root: Changes, parts: readonly string[]): Changes {
  let folder = root;
  for (const part of parts) {
    const below = folder.folders.get(part) ?? {
      path: `${folder.path}${Buffer.from(part, 'latin1')}/`,
      files: new Map(),
      folders: new Map(),
    };
    folder.folders.set(part, below);
    folder = below;
  }
  return folder;
}

interface Trees {
  readonly reader: ObjectReader;
  readonly writer: TreeWriter;
}

/** The tree with the changes in it; null when nothing is left of it, the same oid when nothing changed. */
async function rewriteTree(trees: Trees, oid: Oid | null, changes: Changes): Promise<Oid | null> {
  const before = oid === null ? [] : await trees.reader.tree(oid);
  const rows = new Map<string, TreeRow>(before.map((row) => [row.name.toString('latin1'), row]));
  for (const [name, below] of changes.folders) {
    const row = rows.get(name);
    if (row !== undefined && row.mode !== '40000')
      throw refuse(`${below.path}…`, 'a part of its path is a file, symlink or submodule');
    setRow(rows, name, '40000', await rewriteTree(trees, row?.oid ?? null, below));
  }
  for (const [name, blob] of changes.files) setRow(rows, name, modeOfFile(rows.get(name), changes, name, blob), blob);
  if (rows.size === 0) return null;
  const unchanged =
    oid !== null && rows.size === before.length && before.every((row) => rows.get(row.name.toString('latin1'))?.oid === row.oid);
  return unchanged ? oid : trees.writer.write([...rows.values()]);
}

function setRow(rows: Map<string, TreeRow>, name: string, mode: string, oid: Oid | null): void {
  if (oid === null) rows.delete(name);
  else rows.set(name, { mode, name: Buffer.from(name, 'latin1'), oid });
}

function modeOfFile(row: TreeRow | undefined, changes: Changes, name: string, blob: Oid | null): string {
  const mode = row?.mode ?? '100644';
  const path = `${changes.path}${Buffer.from(name, 'latin1')}`;
  if (mode === '40000') throw refuse(path, 'it is a folder');
  if (blob !== null && mode === '120000') throw refuse(path, 'it is a symlink');
  if (blob !== null && mode === '160000') throw refuse(path, 'it is a submodule');
  return mode;
}

function refuse(path: string, because: string): GitError {
  return new GitError('REFUSED_PATH', `writing '${path}' to git was refused: ${because}`);
}

/** The object as `git commit-tree` writes it, with the signature git looks for behind its other headers. */
async function commitTree(repository: Repository, tree: Oid, commit: NewCommit): Promise<Oid> {
  const headers = describeHeaders(tree, commit);
  const message = commit.message.replaceAll('\0', '');
  const payload = Buffer.from(`${headers}\n${message}`);
  const signature = commit.sign === undefined ? '' : signatureHeader(await commit.sign(payload));
  const { stdout } = await runGit(repository, ['hash-object', '-t', 'commit', '-w', '--stdin'], {
    input: Buffer.from(`${headers}${signature}\n${message}`),
  });
  return checkOid(stdout.toString('latin1').trim());
}

function describeHeaders(tree: Oid, { parent, author, seconds }: NewCommit): string {
  const name = cleanIdentity(author.name) || 'tagalong';
  const identity = `${name} <${cleanIdentity(author.email)}> ${Math.max(0, Math.floor(seconds))} +0000`;
  return `tree ${tree}\nparent ${parent}\nauthor ${identity}\ncommitter ${identity}\n`;
}

/** A header's further lines begin with a space: https://git-scm.com/docs/gitformat-signature */
function signatureHeader(signature: string): string {
  return `gpgsig ${signature.replaceAll('\r', '').trimEnd().replaceAll('\n', '\n ')}\n`;
}

// What git itself drops from a name, so that it never ends up empty there.
function cleanIdentity(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f<>]/g, '').replace(/^[\s.,:;"'\\]+|[\s.,:;"'\\]+$/g, '');
}
