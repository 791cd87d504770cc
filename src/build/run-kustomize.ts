import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProgramEnd, runProgram } from '../child/index.ts';
import { type Artifact, TagalongError } from '../core/index.ts';
import { createMemoryFolder, type MemoryFolder } from '../decrypt/index.ts';
import type { BuildLimits } from './build-limits.ts';
import { BuildError } from './error.ts';
import type { KustomizeCommand } from './find-kustomize.ts';

export interface KustomizeRun {
  readonly artifact: Artifact;
  /** The folder to build, from the root of the artifact. */
  readonly path: string;
  /** A kustomization file to put there first, as Flux generates or rewrites one; null keeps what is there. */
  readonly file: { readonly name: string; readonly text: string } | null;
  /** Files that it reads decrypted, by path; they never come to a disk. */
  readonly decrypted: ReadonlyMap<string, Buffer>;
  readonly command: KustomizeCommand;
  readonly limits: BuildLimits;
  readonly signal: AbortSignal;
}

/** What `kustomize build` prints for a folder, in a private copy of the artifact that is gone afterwards. */
export async function runKustomize(run: KustomizeRun): Promise<Buffer> {
  await using memory = run.decrypted.size === 0 ? null : await createMemoryFolder();
  await using extracted = await run.artifact.extract();
  await using home = await emptyFolder();
  const root = await realpath(extracted.folder);
  const folder = join(root, run.path);
  if (run.file !== null) await writeFile(join(folder, run.file.name), run.file.text);
  if (memory !== null) await replaceByDecrypted(root, run.decrypted, memory);
  const [program, ...words] = run.command;
  const end = await runProgram({
    program,
    // Flux keeps the order of the resources; a file's own sortOptions win over the flag.
    args: [...words, '--load-restrictor', 'LoadRestrictionsNone', '--reorder', 'none', '.'],
    folder,
    // An empty folder as PATH: nothing that a repository asks for can start another program.
    environment: { PATH: home.folder, HOME: home.folder, TMPDIR: home.folder, GOMAXPROCS: '2', GOMEMLIMIT: '1GiB' },
    timeoutMs: run.limits.kustomizeTimeoutMs,
    maxOutputBytes: run.limits.maxOutputBytes,
    maxMemoryBytes: run.limits.maxMemoryBytes,
    signal: run.signal,
  });
  return outputOf(end, run, [root, extracted.folder, home.folder]);
}

/** A link into memory stands in the place of each encrypted file. */
async function replaceByDecrypted(root: string, decrypted: ReadonlyMap<string, Buffer>, memory: MemoryFolder): Promise<void> {
  for (const [path, bytes] of decrypted) {
    const file = join(root, path);
    await rm(file);
    await symlink(await memory.put(bytes), file);
  }
}

async function emptyFolder(): Promise<{ readonly folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-kustomize-'));

  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

function outputOf(end: ProgramEnd, { limits, signal, path }: KustomizeRun, folders: readonly string[]): Buffer {
  const where = path === '' ? 'the root of the artifact' : `'${path}'`;
  switch (end.kind) {
    case 'exited':
      if (end.code === 0) return end.output;
      throw new BuildError('KUSTOMIZE_FAILED', `kustomize build failed: ${cleanErrors(end.errors, folders)}`);
    case 'timeout':
      throw new BuildError(
        'TIMEOUT',
        `kustomize build failed: building ${where} took more than ${limits.kustomizeTimeoutMs / 1000}s`,
      );
    case 'too much output':
      throw new BuildError('TOO_LARGE', `kustomize build failed: ${where} yields more than ${limits.maxOutputBytes} bytes`);
    case 'too much memory':
      throw new BuildError(
        'TOO_LARGE',
        `kustomize build failed: ${where} needs more than ${limits.maxMemoryBytes} bytes of memory`,
      );
    case 'not started':
      throw new BuildError('KUSTOMIZE_MISSING', `kustomize build failed: kustomize could not be started: ${end.because}`);
    case 'aborted':
      throw new TagalongError('ABORTED', 'the build was stopped', { cause: signal.reason });
    default:
      return end satisfies never;
  }
}

const maxErrorLength = 4000;

/** kustomize's own words, without our temporary folders and without control characters. */
function cleanErrors(text: string, folders: readonly string[]): string {
  let cleaned = text;
  for (const folder of folders) cleaned = cleaned.replaceAll(`${folder}/`, '').replaceAll(folder, '.');
  cleaned = cleaned.replace(/^E\d{4} [\d:.]+ +\d+ [\w.]+:\d+\] "command failed" err=/, '').replace(/^[Ee]rror: /, '');
  cleaned = cleaned.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '').trim();
  return cleaned.length > maxErrorLength ? `${cleaned.slice(0, maxErrorLength)}…` : cleaned;
}
