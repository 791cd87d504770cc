import { type Forge, type ForgeFile, type GitMirror, type Oid, type StepContext, TagalongError } from '../core/index.ts';
import type { CommitStyle, WrittenCommit } from './automation-write.ts';
import { pushRefused } from './push-attempts.ts';

/**
 * Has the forge make commits that are already written in the mirror, on a branch of their own that goes again: then the forge signs them, and
 * git moves them to where they belong, under a lease as always. What the forge made must carry exactly the same tree.
 */
export async function remakeViaForge(
  { mirror, forge, scratch, style }: { mirror: GitMirror; forge: Forge; scratch: string; style: CommitStyle },
  commits: readonly WrittenCommit[],
  onto: Oid,
  { signal }: Pick<StepContext, 'signal'>,
): Promise<WrittenCommit[]> {
  await placeScratch(mirror, scratch, onto, signal);
  try {
    const made: WrittenCommit[] = [];
    for (const commit of commits) {
      const before = made.length === 0 ? onto : (commits[made.length - 1]?.oid ?? onto);
      const files = await readFiles(mirror, before, commit.oid);
      const parent = made.at(-1)?.oid ?? onto;
      const { author } = style;
      const oid = await forge.commit({ branch: scratch, parent, message: commit.message.trimEnd(), author, files }, signal);
      made.push({ ...commit, oid });
    }
    await mirror.fetch(signal);
    await checkTrees(mirror, commits, made);
    return made;
  } finally {
    const head = (await mirror.refs()).get(`refs/heads/${scratch}`);
    if (head !== undefined) await mirror.deleteBranch(scratch, head, signal).catch(() => {});
  }
}

async function placeScratch(mirror: GitMirror, scratch: string, onto: Oid, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const seen = (await mirror.refs()).get(`refs/heads/${scratch}`) ?? null;
    const outcome = await mirror.push(scratch, onto, seen, { force: true, signal });
    if (outcome.kind === 'pushed') return;
    if (outcome.kind === 'refused' || attempt === 3)
      throw pushRefused(`failed to push to remote: ${outcome.kind === 'refused' ? outcome.message : `'${scratch}' moved`}`);
    await mirror.fetch(signal);
  }
}

async function readFiles(mirror: GitMirror, before: Oid, after: Oid): Promise<ForgeFile[]> {
  const files: ForgeFile[] = [];
  for (const change of await mirror.diff(before, after)) {
    if (change.before === null || change.after === null) continue; // edits neither add nor remove files
    files.push({ path: change.path, before: change.before.oid, content: await mirror.blob(change.after.oid) });
  }
  return files;
}

async function checkTrees(mirror: GitMirror, wanted: readonly WrittenCommit[], made: readonly WrittenCommit[]): Promise<void> {
  for (const [index, { oid }] of made.entries()) {
    const [ours, theirs] = [await mirror.commit(wanted[index]?.oid ?? oid), await mirror.commit(oid)];
    if (ours.tree === theirs.tree) continue;
    const message = `failed to update source: the forge made ${oid.slice(0, 7)} with other files than it was given; nothing was pushed`;
    throw new TagalongError('FORGE_COMMIT_DIFFERS', message, { reason: 'ForgeFailed' });
  }
}
