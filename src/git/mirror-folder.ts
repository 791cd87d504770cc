import { mkdir, readdir, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log, Oid } from '../core/index.ts';
import { errorMessage } from '../core/index.ts';
import { type Repository, runGit } from './run-git.ts';

/**
 * Makes the folder a sound, empty or filled, bare repository: leftovers of a killed process go, a damaged one is replaced. Afterwards
 * it may lack everything, but what it has can be read.
 */
export async function openMirrorFolder(repository: Repository, log: Log): Promise<void> {
  await removeHalfMade(repository.folder);
  if (await exists(repository.folder)) {
    await endLeftoverProcesses(repository.folder);
    await removeLocks(repository.folder);
    const problem = await findDamage(repository);
    if (problem === null) return;
    log.warn('git mirror is damaged and made anew', { folder: repository.folder, problem });
  }
  await makeAnew(repository);
}

/** Replaces the repository by an empty one, at once for whoever opens it. */
export async function makeAnew(repository: Repository): Promise<void> {
  const fresh = `${repository.folder}.new`;
  const old = `${repository.folder}.old`;
  await mkdir(fresh, { recursive: true });
  await runGit({ ...repository, folder: fresh }, ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', fresh]);
  if (await exists(repository.folder)) await rename(repository.folder, old);
  await rename(fresh, repository.folder);
  await rm(old, { recursive: true, force: true });
}

async function removeHalfMade(folder: string): Promise<void> {
  for (const suffix of ['.new', '.old']) await rm(`${folder}${suffix}`, { recursive: true, force: true });
}

/** Why the repository cannot be used, or null: its refs can be listed and each has its object, and history can be entered. */
async function findDamage(repository: Repository): Promise<string | null> {
  try {
    await runGit(repository, ['rev-parse', '--is-bare-repository']);
    await runGit(repository, ['for-each-ref', '--format=%(objecttype)']);
    await runGit(repository, ['rev-list', '--all', '--max-count=1', '--objects', '--quiet']);
    return null;
  } catch (error) {
    return errorMessage(error);
  }
}

/**
 * A thorough look, for when something was missing or unreadable: every object that the refs reach exists, and `suspect` is not
 * there in a broken form. Null means sound.
 */
export async function findMissing(repository: Repository, suspect: Oid | null): Promise<string | null> {
  const anyCode = { expect: [0, 1, 2, 3, 4, 5, 6, 7, 8, 128] };
  const whole = suspect === null ? [] : ['--connectivity-only'];
  const fsck = await runGit(repository, ['fsck', ...whole, '--no-dangling', '--no-progress'], anyCode);
  if (fsck.code !== 0) return fsck.stderr || 'git fsck found an error';
  if (suspect === null) return null;
  // Read to its end: the type of an object can stand where its content is spoilt.
  const type = await runGit(repository, ['cat-file', '-t', suspect], anyCode);
  const { code, stderr } = type.code === 0 ? await runGit(repository, ['cat-file', '-p', suspect], anyCode) : type;
  // An object that is simply not there is no damage: somebody asked for one that was never fetched.
  return code !== 0 && /^error:/m.test(stderr) ? stderr : null;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Lock and temporary files that a killed git left; nobody else works in this folder when it is opened. */
export async function removeLocks(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const leftovers = names.filter(({ name }) =>
    /\.lock$|^tmp_|^\.tmp-|^incoming-|^tmp_objdir-|^gc\.pid$|^tagalong-blobs-/.test(name),
  );
  for (const leftover of leftovers) await rm(join(leftover.parentPath, leftover.name), { recursive: true, force: true });
}

/** Git processes of a killed predecessor that still work in the folder (seen on Linux alone) would write under our feet. */
async function endLeftoverProcesses(folder: string): Promise<void> {
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^[0-9]+$/.test(pid) || Number(pid) === process.pid) continue;
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null);
    const program = cwd === folder ? await readlink(`/proc/${pid}/exe`).catch(() => '') : '';
    if (/\/git(-[a-z-]+)?$/.test(program)) endProcess(Number(pid));
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}

/** Whether all branches and tags with their history were fetched once: from then on every fetch keeps it so. */
export function isWholeMirror(folder: string): Promise<boolean> {
  return exists(join(folder, 'tagalong-whole'));
}

export function noteWhole(folder: string): Promise<void> {
  return writeFile(join(folder, 'tagalong-whole'), '');
}

/** Whether history behind some commit was left out. */
export async function isShallow(folder: string): Promise<boolean> {
  const cut = await stat(join(folder, 'shallow')).catch(() => null);
  return cut !== null && cut.size > 0;
}

/** Notes that the mirror is in use, for `removeUnused`. */
export async function touchMirror(folder: string, seconds: number): Promise<void> {
  const file = join(folder, 'tagalong-used');
  await writeFile(file, '');
  await utimes(file, seconds, seconds);
}

/** Removes mirrors that nobody fetched since `before`: remotes no longer named, credentials that were replaced. Returns their names. */
export async function removeUnused(mirrors: string, beforeMs: number): Promise<string[]> {
  const removed: string[] = [];
  for (const entry of await readdir(mirrors, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory() || !/^[0-9a-f]{64}$/.test(entry.name)) continue;
    const used = await stat(join(mirrors, entry.name, 'tagalong-used')).catch(() => null);
    if (used === null || used.mtimeMs >= beforeMs) continue;
    await rm(join(mirrors, entry.name), { recursive: true, force: true });
    removed.push(entry.name);
  }
  return removed;
}
